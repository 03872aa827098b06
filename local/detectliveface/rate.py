"""How many calls a second the account may send (api-facts, "Limits": 50)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

DEFAULT_PER_SECOND = 50
# The document lists this spelling for this very Action; the gateway's own is
# RequestLimitExceeded. Clients must know both, and this one is more often missed: the official
# SDK does not retry it.
CODE = "FailedOperation.RequestLimitExceeded"


class RateLimit:
    """At most `per_second` admissions within any second of `clock`; None for no limit."""

    def __init__(self, per_second: int | None, clock: Callable[[], float]) -> None:
        self.per_second = per_second
        self._clock = clock
        self._admitted: deque[float] = deque()

    def admits(self) -> bool:
        """Whether one more call is within the limit; refused calls do not count against it."""
        now = self._clock()
        while self._admitted and self._admitted[0] <= now - 1:
            self._admitted.popleft()
        if self.per_second is not None and len(self._admitted) >= self.per_second:
            return False
        self._admitted.append(now)
        return True
