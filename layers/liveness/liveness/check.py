"""The story of one upload: claim, look, ask, decide, record, announce, mark."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import BinaryIO, Protocol

from liveness.errors import (
    GivenUp,
    PictureNotDownloaded,
    PictureRejected,
    PictureUnfit,
    StorageFault,
    Unanswered,
)
from liveness.model import (
    Deadline,
    Detection,
    EraseAfterVerdict,
    Facts,
    Outcome,
    Thresholds,
    Upload,
    Verdict,
)
from liveness.picture import PictureRules

# Whoever holds the lease still records after the deadline, twice at 7 s, and clocks differ.
LEASE_OUTLASTS_DEADLINE_BY = timedelta(seconds=20)

# Seconds between two tries to record.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """One version of an object: its size in bytes, whose it is, and a seekable reader of it."""

    size: int
    subject: str | None
    content: BinaryIO


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to decide on an upload, until it expires."""

    upload: Upload
    owner: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What the table holds of an upload that somebody has decided on."""

    facts: Facts
    announced: bool


class Pictures(Protocol):
    """Where uploads are kept."""

    def look(self, upload: Upload) -> StoredPicture:
        """Read the first bytes of that very version. Raises PictureUnfit where it is gone."""

    def address(self, upload: Upload) -> str:
        """Sign a fresh address, good for minutes, from which anybody may read that version."""

    def read(self, upload: Upload) -> bytes:
        """Read the whole of it."""

    def erase(self, upload: Upload) -> None:
        """Remove that version for good; nothing happens where it is gone."""


class Judge(Protocol):
    """Who tells bona fide presentations from attacks."""

    def detect(
        self, *, url: str | None = None, image: bytes | None = None, deadline: Deadline
    ) -> Detection:
        """Judge one picture. Raises PictureRejected or a ServiceFault."""


class Verdicts(Protocol):
    """Where answers are kept, and who may give them."""

    def claim(
        self, upload: Upload, lease_for: timedelta, *, reopen_failed: bool
    ) -> Lease | Decided:
        """Take the lease, or tell what is decided already. Raises Leased."""

    def record(self, lease: Lease, verdict: Verdict) -> Facts:
        """Keep the verdict. Raises LeaseLost."""

    def mark_announced(self, facts: Facts) -> None:
        """Note that everybody was told."""

    def release(self, lease: Lease) -> None:
        """Give the lease back undecided, so that the next try need not wait for its end."""


class Announcements(Protocol):
    """Who needs to know."""

    def announce(self, facts: Facts) -> None:
        """Tell everybody, at least once."""


class Course(StrEnum):
    """How an upload came to its end in this run."""

    DECIDED = "decided"
    ONLY_ANNOUNCED = "only_announced"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer that stands, and what was done for it."""

    facts: Facts
    course: Course


type Alongside = Callable[[Callable[[], StoredPicture]], Callable[[], StoredPicture]]


def in_its_turn(work: Callable[[], StoredPicture]) -> Callable[[], StoredPicture]:
    """Begin the work when its result is asked for; others may begin it at once."""
    return work


@dataclass(frozen=True, slots=True)
class Turn:
    """Where an upload that came back stands: received for the nth time, of so many tries."""

    received: int
    tries: int

    @property
    def is_last(self) -> bool:
        """Whether an upload without an answer is given up now."""
        return self.received >= self.tries

    @property
    def is_beyond_last(self) -> bool:
        """Whether it should have been given up before, so that only that may be left to do."""
        return self.received > self.tries


@dataclass(frozen=True, slots=True)
class CheckLiveness:
    """Everything that checking uploads needs, and the rules it follows."""

    pictures: Pictures
    judge: Judge
    verdicts: Verdicts
    announcements: Announcements
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    alongside: Alongside = in_its_turn
    picture_rules: PictureRules = field(default_factory=PictureRules)
    thresholds: Thresholds = field(default_factory=Thresholds)
    inline_fallback: bool = True
    erase_after_verdict: EraseAfterVerdict = EraseAfterVerdict.NEVER

    def check(self, upload: Upload, deadline: Deadline, *, reopen_failed: bool = True) -> Checked:
        """Bring one upload to its answer, stored before it is told.

        One that was given up before is tried again, unless `reopen_failed` is off.
        Raises an Unanswered where the upload must come back: nothing was announced then.
        """
        looked = self.alongside(partial(self.pictures.look, upload))
        claimed = self._claim(upload, deadline, reopen_failed=reopen_failed)
        if isinstance(claimed, Lease):
            facts = self._record(claimed, deadline, lambda: self._verdict(upload, looked, deadline))
            return self._tell(upload, facts, Course.DECIDED)
        return self._tell_if_untold(upload, claimed)

    def check_again(self, upload: Upload, deadline: Deadline, turn: Turn) -> Checked:
        """Check an upload that came back; on the last turn, give it up where there is no answer.

        Raises an Unanswered where the upload must come back, GivenUp where a person must act:
        then `failed` is recorded and announced.
        """
        try:
            checked = self.check(upload, deadline, reopen_failed=not turn.is_beyond_last)
        except Unanswered as fault:
            if not turn.is_last:
                raise
            checked = self._give_up(upload, fault, deadline)
            if checked.facts["outcome"] == Outcome.FAILED:
                raise GivenUp(str(fault)) from fault
        if checked.facts["outcome"] == Outcome.FAILED:
            raise GivenUp("on an earlier turn")
        return checked

    def _give_up(self, upload: Upload, fault: Unanswered, deadline: Deadline) -> Checked:
        claimed = self._claim(upload, deadline, reopen_failed=False)
        if isinstance(claimed, Lease):
            failed = Verdict(
                upload, Outcome.FAILED, self.now(), reason=fault.reason, answer=fault.answer
            )
            facts = self._record(claimed, deadline, lambda: failed)
            return self._tell(upload, facts, Course.DECIDED)
        return self._tell_if_untold(upload, claimed)

    def _claim(self, upload: Upload, deadline: Deadline, *, reopen_failed: bool) -> Lease | Decided:
        lease_for = timedelta(seconds=deadline.left) + LEASE_OUTLASTS_DEADLINE_BY
        return self.verdicts.claim(upload, lease_for, reopen_failed=reopen_failed)

    def _tell(self, upload: Upload, facts: Facts, course: Course) -> Checked:
        self.announcements.announce(facts)
        self.verdicts.mark_announced(facts)
        self._erase_if_asked(upload, facts)
        return Checked(facts, course)

    def _tell_if_untold(self, upload: Upload, decided: Decided) -> Checked:
        if decided.announced:
            # Once more, in case that it failed right after the announcement.
            self._erase_if_asked(upload, decided.facts)
            return Checked(decided.facts, Course.DUPLICATE)
        return self._tell(upload, decided.facts, Course.ONLY_ANNOUNCED)

    def _erase_if_asked(self, upload: Upload, facts: Facts) -> None:
        if self.erase_after_verdict.covers(Outcome(str(facts["outcome"]))):
            self.pictures.erase(upload)

    def _record(self, lease: Lease, deadline: Deadline, decide: Callable[[], Verdict]) -> Facts:
        try:
            return self._record_patiently(lease, deadline, decide())
        except Unanswered:
            self.verdicts.release(lease)
            raise

    def _record_patiently(self, lease: Lease, deadline: Deadline, verdict: Verdict) -> Facts:
        """Record while there is time: a verdict that is not kept must be paid for again."""
        pause = FIRST_PAUSE
        while True:
            try:
                return self.verdicts.record(lease, verdict)
            except StorageFault:
                if deadline.left < pause:
                    raise
            self.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _verdict(
        self, upload: Upload, looked: Callable[[], StoredPicture], deadline: Deadline
    ) -> Verdict:
        stored = picture = None
        try:
            stored = looked()
            picture = self.picture_rules.examine(stored.content, stored.size)
            judgement = self.thresholds.judge(self._ask(upload, deadline))
        except PictureUnfit as unfit:
            return Verdict(
                upload,
                Outcome.RETAKE,
                self.now(),
                reason=unfit.reason,
                advice=unfit.advice,
                picture=picture or unfit.picture,
                subject=stored.subject if stored else None,
                answer=unfit.answer if isinstance(unfit, PictureRejected) else None,
            )
        return Verdict(
            upload,
            judgement.outcome,
            self.now(),
            judgement=judgement,
            picture=picture,
            subject=stored.subject,
        )

    def _ask(self, upload: Upload, deadline: Deadline) -> Detection:
        try:
            return self.judge.detect(url=self.pictures.address(upload), deadline=deadline)
        except PictureNotDownloaded:
            if not self.inline_fallback:
                raise
        try:
            return self.judge.detect(url=self.pictures.address(upload), deadline=deadline)
        except PictureNotDownloaded:
            return self.judge.detect(image=self.pictures.read(upload), deadline=deadline)
