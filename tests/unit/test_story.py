"""What the use case notes of an upload while it works on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from liveness.check import Turn
from liveness.errors import (
    GivenUp,
    ServiceUnreachable,
)
from liveness.model import (
    Attempt,
    Outcome,
    Upload,
)
from liveness.ports import Decided, Lease
from liveness.story import Announced, Step, Story
from tests.unit.fakes import (
    VerdictsInMemory,
)
from tests.unit.scene import (
    DEADLINE,
    DECIDED_AT,
    DOWN,
    LIVE,
    UPLOAD,
    Failing,
    Scene,
)


def test_the_story_has_every_step_with_its_seconds_and_what_was_announced() -> None:
    scene = Scene(LIVE)
    seconds = iter(range(100))
    story = Story(clock=lambda: next(seconds))

    scene.liveness.check(UPLOAD, DEADLINE, story)

    steps = [Step.CLAIM, Step.LOOK, Step.EXAMINE, Step.ASK, Step.RECORD, Step.ANNOUNCE, Step.MARK]
    assert list(story.took.items()) == [(step, 1) for step in steps]
    assert story.attempts == [Attempt(0.25)]
    assert story.announced == Announced(Outcome.LIVE, "message-1", DECIDED_AT)
    assert not story.took_over


def test_the_story_of_a_fault_has_the_attempts_and_that_the_lease_was_given_back() -> None:
    scene = Scene(DOWN)
    story = Story()

    with pytest.raises(ServiceUnreachable):
        scene.liveness.check(UPLOAD, DEADLINE, story)

    assert story.attempts == [Attempt(0.25, "unreachable", "NoAnswer.TimedOut")]
    assert list(story.took) == [Step.CLAIM, Step.LOOK, Step.EXAMINE, Step.ASK, Step.RELEASE]
    assert story.announced is None


def test_a_step_that_was_taken_several_times_is_told_with_their_sum() -> None:
    seconds = iter(range(100))
    story = Story(clock=lambda: next(seconds))
    liveness = replace(Scene(LIVE).liveness, verdicts=Failing())

    liveness.check(UPLOAD, DEADLINE, story)

    assert story.took[Step.RECORD] == 4


def test_the_story_of_an_upload_that_was_given_up_has_the_announcement_of_that() -> None:
    scene = Scene(DOWN)
    story = Story()

    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9), story)

    assert story.announced == Announced(Outcome.FAILED, "message-1", DECIDED_AT)


def test_the_story_of_a_lease_that_a_crashed_owner_had_says_so() -> None:
    class Crashed(VerdictsInMemory):
        def claim(
            self, upload: Upload, lease_for: timedelta, *, reopen_failed: bool = True
        ) -> Lease | Decided:
            lease = super().claim(upload, lease_for, reopen_failed=reopen_failed)
            assert isinstance(lease, Lease)
            return replace(lease, taken_over=True)

    story = Story()

    replace(Scene(LIVE).liveness, verdicts=Crashed()).check(UPLOAD, DEADLINE, story)

    assert story.took_over
