"""Looking up what an error code means, and which exception it is."""

from __future__ import annotations

from dataclasses import dataclass

from liveness.errors import (
    AccountBlocked,
    CredentialsRefused,
    ErrorAnswer,
    LivenessError,
    PictureNotDownloaded,
    PictureRejected,
    RequestRefused,
    ServiceFault,
    Throttled,
    TransientFault,
)
from liveness.tencent.codes import ADVICE, CODES, NOT_DOWNLOADED, REASONS, Kind, Origin, Retry
from liveness.tencent.no_answer import HTTP_STATUS, NO_ANSWER, PREFIX

_FAULTS: dict[Kind, type[ServiceFault]] = {
    Kind.TRANSIENT: TransientFault,
    Kind.THROTTLE: Throttled,
    Kind.CREDENTIALS: CredentialsRefused,
    Kind.ACCOUNT: AccountBlocked,
    Kind.REQUEST: RequestRefused,
    Kind.UNREACHABLE: RequestRefused,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one code; `reason` and `advice` only where another picture helps."""

    code: str
    kind: Kind
    retry: Retry
    origin: Origin
    meaning: str

    @property
    def reason(self) -> str | None:
        """The stable name under which an app sees an error of the image kind."""
        return REASONS.get(self.code)

    @property
    def advice(self) -> str | None:
        """One plain sentence for the person in front of the camera."""
        return ADVICE[REASONS[self.code]] if self.code in REASONS else None


def entries() -> list[Entry]:
    """All codes in alphabetical order."""
    listed = [
        Entry(code, kind, retry, origin, meaning)
        for (kind, retry, origin), codes in CODES.items()
        for code, meaning in codes.items()
    ]
    return sorted(listed, key=lambda entry: entry.code)


def entry_for(code: str) -> Entry | None:
    """The entry of a code, else of its longest dotted prefix, else None.

    A prefix is never taken for a judgement of the picture.
    """
    if entry := _exact(code):
        return entry
    prefix = code
    while "." in prefix:
        prefix = prefix.rpartition(".")[0]
        entry = _exact(prefix)
        if entry and entry.kind is not Kind.IMAGE:
            return entry
    return None


def listed(code: str) -> str:
    """The code itself, where it is the catalogue's or one of ours, else "unlisted".

    Whatever a service may say, there are only so many of these: metrics are told apart by them.
    """
    ours = code.removeprefix(f"{PREFIX}.") in NO_ANSWER or HTTP_STATUS.fullmatch(code)
    return code if ours or _exact(code) else "unlisted"


def _exact(code: str) -> Entry | None:
    for (kind, retry, origin), codes in CODES.items():
        if code in codes:
            return Entry(code, kind, retry, origin, codes[code])
    return None


def fault_for(answer: ErrorAnswer) -> LivenessError:
    """The exception that an error answer means; RequestRefused for a code nobody knows."""
    entry = entry_for(answer.code)
    if entry is None:
        return RequestRefused(answer)
    if entry.reason and entry.advice:
        return PictureRejected(entry.reason, entry.advice, answer)
    if entry.code == NOT_DOWNLOADED:
        return PictureNotDownloaded(answer)
    return _FAULTS[entry.kind](answer)
