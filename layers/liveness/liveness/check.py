"""The story of one upload: claim, look, ask, decide, record, announce, mark."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, partial

from liveness.errors import (
    GivenUp,
    LeaseLost,
    LivenessError,
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
from liveness.ports import (
    Announcements,
    Decided,
    Judge,
    KeptJudgement,
    Lease,
    Pictures,
    Safekeeping,
    StoredPicture,
    Verdicts,
)
from liveness.story import Announced, Step, Story

# Whoever holds the lease still records after the deadline, twice at 7 s, and clocks differ.
LEASE_OUTLASTS_DEADLINE_BY = timedelta(seconds=20)

# Seconds between two tries to record.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0


class Course(StrEnum):
    """How an upload came to its end in this run."""

    DECIDED = "decided"
    ONLY_ANNOUNCED = "only_announced"
    KEPT = "kept"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer that stands, and what was done for it."""

    facts: Facts
    course: Course


type Look = Callable[[], StoredPicture]


def in_its_turn(look: Look) -> Look:
    """Look when the result is first asked for; others may begin at once. Nobody looks twice."""
    return cache(look)


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
class _Delivery:
    """One delivery of an upload: its picture, when asking ends, and what is noted of it."""

    upload: Upload
    deadline: Deadline
    story: Story
    looked: Look

    def subject(self) -> str | None:
        """Whose picture it is, where the look at it worked."""
        try:
            return self.looked().subject
        except LivenessError:
            return None

    def subject_unless_gone(self) -> str | None:
        """The same, but a look that failed is taken again on the next turn."""
        try:
            return self.looked().subject
        except PictureUnfit:
            return None


@dataclass(frozen=True, slots=True)
class CheckLiveness:
    """Everything that checking uploads needs, and the rules it follows."""

    pictures: Pictures
    judge: Judge
    verdicts: Verdicts
    announcements: Announcements
    safekeeping: Safekeeping
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    alongside: Callable[[Look], Look] = in_its_turn
    picture_rules: PictureRules = field(default_factory=PictureRules)
    thresholds: Thresholds = field(default_factory=Thresholds)
    inline_fallback: bool = True
    erase_after_verdict: EraseAfterVerdict = EraseAfterVerdict.NEVER

    def check(self, upload: Upload, deadline: Deadline, story: Story | None = None) -> Checked:
        """Bring one upload to its answer, stored before it is told.

        One that was given up before is tried again. Raises an Unanswered where the upload must
        come back: nothing was announced then.
        """
        return self._check(self._delivery(upload, deadline, story), reopen_failed=True)

    def check_again(
        self,
        upload: Upload,
        deadline: Deadline,
        turn: Turn,
        story: Story | None = None,
        kept: KeptJudgement | None = None,
    ) -> Checked:
        """Check an upload that came back; on the last turn, give it up where there is no answer.

        One that came back with its judgement is not asked about again, and never given up.
        Raises an Unanswered where the upload must come back, GivenUp where a person must act:
        then `failed` is recorded and announced.
        """
        delivery = self._delivery(upload, deadline, story)
        if kept and (recorded := self._record_kept(delivery, kept)):
            return recorded
        try:
            checked = self._check(delivery, reopen_failed=not turn.is_beyond_last)
        except Unanswered as fault:
            if not turn.is_last:
                raise
            checked = self._give_up(delivery, fault)
            if checked.facts["outcome"] == Outcome.FAILED:
                raise GivenUp(str(fault)) from fault
        if checked.facts["outcome"] == Outcome.FAILED:
            raise GivenUp("on an earlier turn")
        return checked

    def _delivery(self, upload: Upload, deadline: Deadline, story: Story | None) -> _Delivery:
        story = story or Story()

        def look() -> StoredPicture:
            with story.step(Step.LOOK):
                return self.pictures.look(upload)

        return _Delivery(upload, deadline, story, self.alongside(look))

    def _check(self, delivery: _Delivery, *, reopen_failed: bool) -> Checked:
        claimed = self._claim(delivery, reopen_failed=reopen_failed)
        if isinstance(claimed, Lease):
            return self._decide(delivery, claimed, partial(self._verdict, delivery))
        return self._tell_if_untold(delivery, claimed)

    def _give_up(self, delivery: _Delivery, fault: Unanswered) -> Checked:
        claimed = self._claim(delivery, reopen_failed=False)
        if isinstance(claimed, Lease):
            failed = Verdict(
                delivery.upload,
                Outcome.FAILED,
                self.now(),
                reason=fault.reason,
                subject=delivery.subject(),
                answer=fault.answer,
            )
            return self._decide(delivery, claimed, lambda: failed)
        return self._tell_if_untold(delivery, claimed)

    def _claim(self, delivery: _Delivery, *, reopen_failed: bool) -> Lease | Decided:
        lease_for = timedelta(seconds=delivery.deadline.left) + LEASE_OUTLASTS_DEADLINE_BY
        with delivery.story.step(Step.CLAIM):
            claimed = self.verdicts.claim(delivery.upload, lease_for, reopen_failed=reopen_failed)
        if isinstance(claimed, Lease) and claimed.taken_over:
            delivery.story.took_over = True
        return claimed

    def _tell(self, delivery: _Delivery, facts: Facts, course: Course) -> Checked:
        story = delivery.story
        with story.step(Step.ANNOUNCE):
            message_id = self.announcements.announce(facts)
        story.announced = Announced(Outcome(str(facts["outcome"])), message_id, self.now())
        with story.step(Step.MARK):
            self.verdicts.mark_announced(facts)
        self._erase_if_asked(delivery, facts)
        return Checked(facts, course)

    def _tell_if_untold(self, delivery: _Delivery, decided: Decided) -> Checked:
        if decided.announced:
            # Once more, in case that it failed right after the announcement.
            self._erase_if_asked(delivery, decided.facts)
            return Checked(decided.facts, Course.DUPLICATE)
        return self._tell(delivery, decided.facts, Course.ONLY_ANNOUNCED)

    def _erase_if_asked(self, delivery: _Delivery, facts: Facts) -> None:
        if self.erase_after_verdict.covers(Outcome(str(facts["outcome"]))):
            with delivery.story.step(Step.ERASE):
                self.pictures.erase(delivery.upload)

    def _decide(self, delivery: _Delivery, lease: Lease, decide: Callable[[], Verdict]) -> Checked:
        try:
            verdict = decide()
            facts = self._record_or_keep(delivery, lease, verdict)
        except Unanswered:
            with delivery.story.step(Step.RELEASE):
                self.verdicts.release(lease)
            raise
        if facts is None:
            return Checked(verdict.facts(), Course.KEPT)
        return self._tell(delivery, facts, Course.DECIDED)

    def _record_or_keep(self, delivery: _Delivery, lease: Lease, verdict: Verdict) -> Facts | None:
        """Record, or send what was paid for back through the queue, and return None.

        It comes back with its lease, which is therefore not given back.
        """
        try:
            return self._record_patiently(delivery, lease, verdict)
        except StorageFault:
            if verdict.judgement is None:
                raise
            kept = KeptJudgement(lease, verdict.judgement, verdict.decided_at, verdict.picture)
        with delivery.story.step(Step.KEEP):
            self.safekeeping.keep(kept)
        return None

    def _record_kept(self, delivery: _Delivery, kept: KeptJudgement) -> Checked | None:
        """Record what was paid for before; None where somebody else has taken the upload over."""
        verdict = Verdict(
            delivery.upload,
            kept.judgement.outcome,
            kept.decided_at,
            judgement=kept.judgement,
            picture=kept.picture,
            subject=delivery.subject_unless_gone(),
        )
        try:
            facts = self._record_patiently(delivery, kept.lease, verdict)
        except LeaseLost:
            return None
        return self._tell(delivery, facts, Course.DECIDED)

    def _record_patiently(self, delivery: _Delivery, lease: Lease, verdict: Verdict) -> Facts:
        """Record while there is time: somebody waits for the verdict."""
        pause = FIRST_PAUSE
        while True:
            try:
                with delivery.story.step(Step.RECORD):
                    return self.verdicts.record(lease, verdict)
            except StorageFault:
                if delivery.deadline.left < pause:
                    raise
            self.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _verdict(self, delivery: _Delivery) -> Verdict:
        upload = delivery.upload
        stored = picture = None
        try:
            stored = delivery.looked()
            with delivery.story.step(Step.EXAMINE):
                picture = self.picture_rules.examine(stored.content, stored.size)
            with delivery.story.step(Step.ASK):
                detection = self._ask(delivery)
            judgement = self.thresholds.judge(detection)
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

    def _ask(self, delivery: _Delivery) -> Detection:
        detect = partial(
            self.judge.detect, deadline=delivery.deadline, watcher=delivery.story.attempts.append
        )
        try:
            return detect(url=self.pictures.address(delivery.upload))
        except PictureNotDownloaded:
            if not self.inline_fallback:
                raise
        try:
            return detect(url=self.pictures.address(delivery.upload))
        except PictureNotDownloaded:
            return detect(image=self.pictures.read(delivery.upload))
