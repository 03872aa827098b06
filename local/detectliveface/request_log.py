"""The request log: every call that reached the API's path, and counts for each image."""

import uuid
from collections import Counter, deque
from dataclasses import dataclass, field

# A day of load tests; the counts go on beyond it.
MAX_CALLS = 200_000
VERIFIED = "verified"
NOT_CHECKED = "not checked"


@dataclass(slots=True)
class Call:
    """One call, as `GET /_control/calls` returns it. No query of a URL, and no secret.

    `at` is ISO 8601 in UTC, `object` the decoded path of the URL (of an inline image: the one
    that it was last downloaded from), `outcome` live, not_live, a code of the API, or the word of
    a fault; `signature` is `verified`, the code it was refused with, or `not checked`.
    """

    number: int = 0
    at: str = ""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    signature: str = NOT_CHECKED
    outcome: str = ""
    billed: bool = False
    action: str | None = None
    object: str | None = None
    sha256: str | None = None
    inline: bool = False

    @property
    def name(self) -> str:
        """The last segment of the object's path."""
        return (self.object or "").rpartition("/")[2]

    @property
    def picture(self) -> str | None:
        """The image that the call counts for; None for a call that was refused before."""
        if self.object is not None:
            return self.object
        return None if self.sha256 is None else f"sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class CallCounts:
    """The calls for one image: in all, billed (successful or truncated), and by outcome."""

    calls: int
    billed: int
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Calls:
    """The request log as it is sent; the keys of `pictures` are decoded paths, or `sha256:…`."""

    total: int
    billed: int
    pictures: dict[str, CallCounts]
    calls: tuple[Call, ...]


class RequestLog:
    """Calls in the order of their responses."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Delete everything; numbers start at 1 again."""
        self._calls: deque[Call] = deque(maxlen=MAX_CALLS)
        self._total = 0
        self._outcomes: dict[str | None, Counter[str]] = {}
        self._billed: Counter[str | None] = Counter()

    def append(self, call: Call) -> None:
        """Number, keep and count a call."""
        self._total += 1
        call.number = self._total
        self._calls.append(call)
        self._outcomes.setdefault(call.picture, Counter())[call.outcome] += 1
        self._billed[call.picture] += call.billed

    def read(self, after: int = 0) -> Calls:
        """Return the counts, and the calls numbered above `after`."""
        counts = {
            picture: CallCounts(outcomes.total(), self._billed[picture], dict(outcomes))
            for picture, outcomes in self._outcomes.items()
            if picture is not None
        }
        calls = tuple(call for call in self._calls if call.number > after)
        return Calls(self._total, self._billed.total(), counts, calls)
