"""Feeds undecided versions to RetryQueue at a rate, and follows each until it has an outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched

from liveness.models import Outcome
from operations.backfill_messages import BackfillQueue
from operations.backfill_plan import with_outcomes
from operations.object_versions import Candidate, ObjectVersion
from operations.queue import BATCH_SIZE
from operations.verdicts_table import VerdictsTable

POLL_SECONDS = 1.0
# So many wait for their outcome at most: where the service is slow or refuses, sending waits too.
MAX_IN_FLIGHT = 300
# Without an outcome for so long; SQS's counts, which are up to a minute old, then decide.
STALL_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class FeedProgress:
    """How far a backfill is. `missing` are versions whose messages left the queue without a row."""

    total: int
    sent: int
    outcomes: Counter[Outcome]
    missing: int = 0

    @property
    def decided(self) -> int:
        return self.outcomes.total()

    @property
    def waiting(self) -> int:
        return self.sent - self.decided - self.missing


@dataclass(slots=True)
class Feed:
    """One run over the candidates; `rate` is in versions per second, `total` those expected.

    In memory are the versions in flight and one page of those to come.
    """

    queue: BackfillQueue
    table: VerdictsTable
    rate: int
    total: int
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    _in_flight: dict[tuple[str, str], ObjectVersion] = field(default_factory=dict)
    _is_second_stall: bool = False
    _outcomes: Counter[Outcome] = field(default_factory=Counter)
    _sent: int = 0
    _missing: int = 0
    _next_send_at: float = 0.0
    _next_poll_at: float = 0.0
    _stalled_since: float = 0.0

    @property
    def progress(self) -> FeedProgress:
        return FeedProgress(self.total, self._sent, self._outcomes, self._missing)

    def run(self, candidates: Iterable[Candidate]) -> Iterator[FeedProgress]:
        """Send what has no row with an outcome, and yield the progress until all of it has one."""
        for batch in batched(self._undecided(candidates), BATCH_SIZE, strict=False):
            while self._is_full() or self.clock() < self._next_send_at:
                self._wait()
                yield self.progress
            self._send(batch)
            yield self.progress
        # Others may have decided some of them since they were counted.
        self.total = self._sent
        yield self.progress
        while self._in_flight:
            self._wait()
            yield self.progress

    def _undecided(self, candidates: Iterable[Candidate]) -> Iterator[ObjectVersion]:
        for version, outcome in with_outcomes(candidates, self.table):
            if outcome or not isinstance(version, ObjectVersion):
                continue
            if version.row_key not in self._in_flight:
                yield version

    def _is_full(self) -> bool:
        return len(self._in_flight) > MAX_IN_FLIGHT - BATCH_SIZE

    def _send(self, batch: tuple[ObjectVersion, ...]) -> None:
        self.queue.send(batch)
        now, before = self.clock(), len(self._in_flight)
        self._in_flight |= {version.row_key: version for version in batch}
        self._sent += len(self._in_flight) - before
        self._next_send_at = max(self._next_send_at, now) + len(batch) / self.rate
        self._stalled_since = now

    def _wait(self) -> None:
        """Sleep until something is due, and look up what is in flight where that is."""
        now = self.clock()
        due = [each for each in (self._next_send_at, self._next_poll_at) if each > now]
        self.sleep(min(due, default=now + POLL_SECONDS) - now)
        if self.clock() >= self._next_poll_at:
            self._poll()
            self._next_poll_at = self.clock() + POLL_SECONDS

    def _poll(self) -> None:
        decided = self.table.outcomes(self._in_flight)
        for version, outcome in decided.items():
            del self._in_flight[version]
            self._outcomes[outcome] += 1
        if decided:
            self._stalled_since, self._is_second_stall = self.clock(), False
        elif self.clock() - self._stalled_since >= STALL_SECONDS and self.queue.is_empty():
            self._send_again()

    def _send_again(self) -> None:
        """Send once more what is in flight and in no queue; the second time, count it as missing.

        It may have been dead-lettered without a row: the object was deleted meanwhile, say.
        """
        if self._is_second_stall:
            self._missing += len(self._in_flight)
            self._in_flight.clear()
        else:
            for batch in batched(self._in_flight.values(), BATCH_SIZE, strict=False):
                self.queue.send(batch)
        self._is_second_stall = not self._is_second_stall
        self._stalled_since = self.clock()
