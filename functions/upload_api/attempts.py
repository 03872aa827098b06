"""How many uploads a person may start, and how fast: a pure rule over what they started before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

# In halves, so that the sum is exact.
_WHOLE, _HALF = 2, 1


class AttemptRefusedError(Exception):
    """No upload now; `retry_after` says in how many seconds there may be one."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"another attempt in {retry_after.total_seconds():.0f} s")
        self.retry_after = max(1, ceil(retry_after.total_seconds()))


class UploadOpenError(AttemptRefusedError):
    """An earlier upload of this person has no verdict yet."""

    def __init__(self, upload_id: str, retry_after: timedelta) -> None:
        super().__init__(retry_after)
        self.upload_id = upload_id


class TooManyAttemptsError(AttemptRefusedError):
    """The limit is reached; `history` has the lockout, and `is_new` says that it began now."""

    def __init__(self, history: "AttemptHistory", retry_after: timedelta, *, is_new: bool) -> None:
        super().__init__(retry_after)
        self.history = history
        self.is_new = is_new


@dataclass(frozen=True, slots=True)
class Attempt:
    """An upload that was started, perhaps without a picture yet."""

    upload_id: str
    started_at: datetime
    is_erased: bool = False


@dataclass(frozen=True, slots=True)
class AttemptHistory:
    """A person's attempts that still count, oldest first; `revision` fences their update."""

    attempts: tuple[Attempt, ...] = ()
    locked_until: datetime | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """An upload that has its verdict; a technical retake is one that our own rules decided."""

    is_technical_retake: bool = False


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """`limit` attempts within `window`, then none for `lockout`.

    An upload without a verdict is open for `lifetime`, as long as its policy is valid.
    """

    limit: int
    window: timedelta
    lockout: timedelta
    lifetime: timedelta

    def start(
        self,
        history: AttemptHistory,
        upload_id: str,
        answered: Mapping[str, Answered],
        now: datetime,
    ) -> AttemptHistory:
        """Add an attempt. Raises UploadOpenError or TooManyAttemptsError.

        `answered` has the verdicts of this person's uploads by upload id. An attempt that was
        added before is not counted again. A technical retake counts half: whoever holds the phone
        badly should not be locked out for it, and whoever sends them without end should.
        """
        if history.locked_until and history.locked_until > now:
            raise TooManyAttemptsError(history, history.locked_until - now, is_new=False)
        if any(attempt.upload_id == upload_id for attempt in history.attempts):
            return history
        for attempt in history.attempts:
            closes_at = attempt.started_at + self.lifetime
            if closes_at > now and not (attempt.is_erased or attempt.upload_id in answered):
                raise UploadOpenError(attempt.upload_id, closes_at - now)
        recent = [each for each in history.attempts if each.started_at > now - self.window]
        weights = [_weight(answered.get(each.upload_id)) for each in recent]
        if sum(weights) + _WHOLE > _WHOLE * self.limit:
            locked = replace(history, locked_until=now + self.lockout)
            raise TooManyAttemptsError(locked, self.lockout, is_new=True)
        # An open upload stays, although the window may be shorter than its lifetime.
        kept = [each for each in history.attempts if each.started_at > now - self._memory]
        return replace(history, attempts=(*kept, Attempt(upload_id, now)), locked_until=None)

    def expires_at(self, history: AttemptHistory, now: datetime) -> datetime:
        """When nothing of the history counts any more."""
        return max(now + self._memory, history.locked_until or now)

    @property
    def _memory(self) -> timedelta:
        return max(self.window, self.lifetime)


def _weight(answered: Answered | None) -> int:
    return _HALF if answered and answered.is_technical_retake else _WHOLE
