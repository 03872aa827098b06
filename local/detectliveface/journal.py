"""What was asked and answered: every call that reached the API's path, and counts per picture."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

# A day of load tests; the counts go on beyond it.
MAX_CALLS_KEPT = 200_000
VERIFIED = "verified"
NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, as told by `GET /_control/calls`. No query of an address, and no secret.

    `at` is ISO 8601 in UTC, `object` the decoded path of the address (of inline bytes: the one
    they were last seen under), `outcome` live, not_live, a code of the API, or a fault's word;
    `signature` is `verified`, the code it was refused with, or `not checked`.
    """

    number: int
    at: str
    request_id: str
    signature: str
    outcome: str
    billed: bool
    action: str | None = None
    object: str | None = None
    sha256: str | None = None
    inline: bool = False

    @property
    def picture(self) -> str | None:
        """What the call is counted under; None for one that never came to a picture."""
        if self.object is not None:
            return self.object
        return None if self.sha256 is None else f"sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class Count:
    """What came of one picture: `billed` counts successful answers."""

    calls: int
    billed: int
    outcomes: dict[str, int]


class Journal:
    """Calls in the order of their answers."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything; numbers start at 1 again."""
        self._calls: deque[Call] = deque(maxlen=MAX_CALLS_KEPT)
        self._written = 0
        self._outcomes: dict[str | None, Counter[str]] = {}
        self._billed: Counter[str | None] = Counter()

    @property
    def next_number(self) -> int:
        """The number that the next call must carry."""
        return self._written + 1

    def write(self, call: Call) -> None:
        """Keep a call and count it."""
        self._written += 1
        self._calls.append(call)
        self._outcomes.setdefault(call.picture, Counter())[call.outcome] += 1
        self._billed[call.picture] += call.billed

    def told(self, after: int = 0) -> dict[str, Any]:
        """What `GET /_control/calls` answers; of the calls, those numbered above `after`."""
        return {
            "total": self._written,
            "billed": self._billed.total(),
            "pictures": {
                picture: asdict(Count(seen.total(), self._billed[picture], dict(seen)))
                for picture, seen in self._outcomes.items()
                if picture is not None
            },
            "calls": [asdict(call) for call in self._calls if call.number > after],
        }
