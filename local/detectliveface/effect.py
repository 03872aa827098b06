"""What an effect is, and its grammar in names and in rules (README.md)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from liveness.models import Outcome


class Fault(StrEnum):
    """Results that are not responses of the API."""

    DROP = "drop"
    HANG = "hang"
    GARBAGE = "garbage"
    HTML = "html"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    OVERSIZED = "oversized"
    REDIRECT = "redirect"
    NO_VERDICT = "no-verdict"


@dataclass(frozen=True, slots=True)
class Detected:
    """A live person, or not; `score` (0-100) only where the name or rule sets one."""

    live: bool
    score: Decimal | None = None

    def __str__(self) -> str:
        return (Outcome.LIVE if self.live else Outcome.NOT_LIVE).value


@dataclass(frozen=True, slots=True)
class Error:
    """The API's error with this code."""

    code: str

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True, slots=True)
class Status:
    """An HTML page under this HTTP status, as a gateway in between sends it."""

    status: int

    def __str__(self) -> str:
        return f"status-{self.status}"


# As text: the outcome in the request log.
type Result = Detected | Error | Status | Fault

LIVE = Detected(live=True)
NO_FACE = Error("InvalidParameterValue.NoFaceInPhoto")
# Errors that the service gives only after it has decoded the image.
NEEDS_VALID_IMAGE = {
    NO_FACE,
    Error("FailedOperation.FaceSizeTooSmall"),
    Error("FailedOperation.ImageFacedetectFailed"),
    Error("LimitExceeded.ErrorFaceNumExceed"),
}
# Documented for model 2.0; a score from a name or rule decides for model 3.0 too.
_LIVE_ABOVE = Decimal(87)

_WORDS: Mapping[str, Result] = {
    "live": LIVE,
    "spoof": Detected(live=False),
    "no-face": NO_FACE,
    **{fault.value: fault for fault in Fault},
}
_GRAMMAR = re.compile(
    rf"""
    (?:first-(?P<first>\d{{1,6}})-)?
    (?:slow-(?P<slow>\d{{1,6}})(?:~(?P<jitter>\d{{1,6}}))?(?:-|(?![a-z0-9~])))?
    (?:drip-(?P<drip>\d{{1,6}})(?:-|(?![a-z0-9])))?
    (?:(?:
        (?P<word>{"|".join(_WORDS)})
        | score-(?P<score>\d{{1,3}}(?:\.\d{{1,4}})?)
        | status-(?P<status>[2-5]\d\d)
        | error-(?P<code>[A-Z][A-Za-z]*(?:\.[A-Z][A-Za-z]*)?)
    )(?![A-Za-z0-9]))?
    """,
    re.VERBOSE | re.ASCII,
)
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")


@dataclass(frozen=True, slots=True)
class Effect:
    """How a call is answered.

    `result` is None where another rule, or the name, decides. `slow` is a delay of the response
    in milliseconds, plus or minus `jitter`; `drip` is the delay between two bytes of it. `first`
    limits the effect to that many calls for the image.
    """

    result: Result | None = None
    slow: int = 0
    jitter: int = 0
    drip: int = 0
    first: int | None = None


def parse_effect(text: str) -> Effect:
    """Parse the effect of a rule; raises ValueError unless the whole text is one."""
    match = _GRAMMAR.fullmatch(text)
    if not text or match is None:
        raise ValueError("not an effect; README.md lists them")
    return _effect(match)


def effect_from_name(name: str) -> Effect:
    """Parse the effect that an object's name begins with; other names have none.

    `name` is a last path segment: `slow-500-spoof-00017.jpg`. What follows the effect, and the
    extension, only make names unique.
    """
    match = _GRAMMAR.match(_EXTENSION.sub("", name))
    return _effect(match) if match else Effect()


def _effect(match: re.Match[str]) -> Effect:
    slow, jitter, drip = (int(match[group] or 0) for group in ("slow", "jitter", "drip"))
    first = None if match["first"] is None else int(match["first"])
    return Effect(_result(match), slow, jitter, drip, first)


def _result(match: re.Match[str]) -> Result | None:
    if match["score"]:
        score = Decimal(match["score"])
        return Detected(score > _LIVE_ABOVE, score)
    if match["status"]:
        return Status(int(match["status"]))
    if match["code"]:
        return Error(match["code"])
    return _WORDS.get(match["word"])
