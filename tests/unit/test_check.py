"""The story of one upload, told with collaborators in memory."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from liveness.check import Course
from liveness.errors import (
    CredentialsRefused,
    ErrorAnswer,
    Leased,
    LeaseLost,
    LivenessError,
    PictureNotDownloaded,
    PictureRejected,
    PictureUnfit,
    ServiceUnreachable,
    StorageFault,
    Throttled,
)
from liveness.model import (
    Action,
    Deadline,
    Detection,
    EraseAfterVerdict,
    Facts,
)
from liveness.ports import StoredPicture
from tests.unit.fakes import (
    VerdictsInMemory,
)
from tests.unit.pictures import GIF, png
from tests.unit.scene import (
    DEADLINE,
    LIVE,
    NO_ADDRESS,
    SPOOF,
    UPLOAD,
    Failing,
    Scene,
)


def test_a_live_selfie_is_announced_with_every_fact_that_means_something() -> None:
    scene = Scene(LIVE)

    assert scene.check() is Course.DECIDED
    assert scene.told() == {
        "object": "s3://selfies/ann/1.png",
        "version": "v1",
        "id": UPLOAD.id,
        "outcome": "live",
        "is_liveness": True,
        "face_model_version": "3.0",
        "action": "DetectLiveFace",
        "request_id": "req-1",
        "size": 100,
        "width": 300,
        "height": 400,
        "format": "PNG",
        "subject": "ann",
        "uploaded_at": "2026-11-23T12:00:00.000Z",
        "decided_at": "2026-11-23T12:00:01.234Z",
    }
    assert uuid.UUID(UPLOAD.id).version == 5


def test_a_presentation_attack_is_announced_as_not_live() -> None:
    scene = Scene(SPOOF)

    scene.check()

    assert scene.told()["outcome"] == "not_live"


def test_the_score_of_model_2_is_held_against_the_threshold_and_both_are_kept() -> None:
    detection = Detection(Action.DETECT_LIVE_FACE, "2.0", "req-1", score=Decimal("87.5"))
    scene = Scene(detection)

    scene.check()

    assert scene.told()["outcome"] == "live"
    assert scene.told()["score"] == Decimal("87.5")
    assert scene.told()["threshold"] == Decimal(87)


def test_a_picture_outside_the_rules_is_a_retake_that_costs_no_call() -> None:
    scene = Scene(content=GIF)

    scene.check()

    assert scene.told()["outcome"] == "retake"
    assert scene.told()["reason"] == "format_gif"
    assert scene.told()["advice"]
    assert scene.told()["subject"] == "ann"
    assert scene.judge.asked == []


def test_a_picture_that_the_service_refuses_is_a_retake_with_its_code() -> None:
    answer = ErrorAnswer("InvalidParameterValue.NoFaceInPhoto", "no face", "req-9")
    scene = Scene(PictureRejected("no_face", "Show your face.", answer))

    scene.check()

    assert scene.told()["outcome"] == "retake"
    assert scene.told()["reason"] == "no_face"
    assert scene.told()["advice"] == "Show your face."
    assert scene.told()["error_code"] == "InvalidParameterValue.NoFaceInPhoto"
    assert scene.told()["request_id"] == "req-9"
    assert scene.told()["width"] == 300


def test_a_picture_that_is_gone_is_a_retake() -> None:
    scene = Scene(content=PictureUnfit("picture_gone", "Please take another."))

    scene.check()

    assert scene.told()["reason"] == "picture_gone"
    assert "subject" not in scene.told()


@pytest.mark.parametrize(
    "fault",
    [
        ServiceUnreachable(ErrorAnswer("NoAnswer.TimedOut", "timed out")),
        Throttled(ErrorAnswer("RequestLimitExceeded", "slow down")),
        CredentialsRefused(ErrorAnswer("AuthFailure.SignatureFailure", "wrong")),
    ],
)
def test_a_fault_is_no_verdict_and_frees_the_upload_for_the_next_try(fault: LivenessError) -> None:
    scene = Scene(fault, LIVE)

    with pytest.raises(type(fault)):
        scene.check()
    assert scene.announcements.told == []
    assert scene.verdicts.rows == {}

    scene.check()
    assert scene.told()["outcome"] == "live"


def test_storage_that_fails_is_no_verdict() -> None:
    scene = Scene(content=StorageFault("s3", "SlowDown"))

    with pytest.raises(StorageFault):
        scene.check()
    assert scene.announcements.told == []


def test_a_second_delivery_asks_nobody_and_tells_nobody() -> None:
    scene = Scene(LIVE)
    scene.check()

    assert scene.check() is Course.DUPLICATE
    assert len(scene.judge.asked) == 1
    assert len(scene.announcements.told) == 1


def test_a_verdict_that_nobody_was_told_is_announced_without_asking_again() -> None:
    scene = Scene(LIVE)

    def down(_facts: Facts) -> None:
        raise StorageFault("sns", "InternalError")

    scene.announcements.before = down
    with pytest.raises(StorageFault):
        scene.check()
    scene.announcements.before = lambda _facts: None

    assert scene.check() is Course.ONLY_ANNOUNCED
    assert scene.told()["outcome"] == "live"
    assert len(scene.judge.asked) == 1


def test_an_upload_that_somebody_else_is_at_is_left_to_them() -> None:
    scene = Scene(LIVE)
    scene.verdicts.claim(UPLOAD, timedelta(minutes=1))

    with pytest.raises(Leased):
        scene.check()
    assert scene.judge.asked == []


def test_a_verdict_given_after_the_lease_was_lost_is_not_announced() -> None:
    class TakenOver(VerdictsInMemory):
        def record(self, lease: object, verdict: object) -> Facts:
            raise LeaseLost("to somebody else")

    scene = Scene(LIVE)
    liveness = replace(scene.liveness, verdicts=TakenOver())

    with pytest.raises(LeaseLost):
        liveness.check(UPLOAD, DEADLINE)
    assert scene.announcements.told == []


def test_a_verdict_is_in_the_table_before_anybody_hears_of_it() -> None:
    scene = Scene(LIVE)
    stored: list[bool] = []
    scene.announcements.before = lambda facts: stored.append(facts in scene.verdicts.facts.values())

    scene.check()

    assert stored == [True]


def test_an_address_that_cannot_be_downloaded_is_signed_anew_once() -> None:
    scene = Scene(NO_ADDRESS, LIVE)

    scene.check()

    first, second = scene.judge.asked
    assert first != second
    assert scene.pictures.read_whole == 0
    assert scene.told()["outcome"] == "live"


def test_a_picture_that_cannot_be_downloaded_twice_is_sent_itself() -> None:
    scene = Scene(NO_ADDRESS, NO_ADDRESS, LIVE)

    scene.check()

    assert scene.judge.asked[2] == png()
    assert scene.told()["outcome"] == "live"


def test_the_picture_is_never_sent_itself_where_that_is_switched_off() -> None:
    scene = Scene(NO_ADDRESS, inline_fallback=False)

    with pytest.raises(PictureNotDownloaded):
        scene.check()
    assert scene.pictures.read_whole == 0
    assert scene.announcements.told == []


def test_a_lease_outlasts_the_invocation_that_holds_it() -> None:
    scene = Scene(LIVE)

    scene.check()

    assert scene.verdicts.leased_for == timedelta(seconds=10 + 20)


@pytest.mark.parametrize(
    ("erase", "answer", "erased"),
    [
        (EraseAfterVerdict.NEVER, LIVE, False),
        (EraseAfterVerdict.LIVE, LIVE, True),
        (EraseAfterVerdict.LIVE, SPOOF, False),
        (EraseAfterVerdict.ALWAYS, SPOOF, True),
    ],
)
def test_a_picture_is_erased_after_the_verdicts_that_are_asked_for(
    erase: EraseAfterVerdict, answer: Detection, erased: bool
) -> None:
    scene = Scene(answer, erase=erase)

    scene.check()

    assert scene.pictures.erased == ([UPLOAD] if erased else [])


def test_a_picture_is_erased_only_once_its_verdict_was_announced() -> None:
    scene = Scene(LIVE, erase=EraseAfterVerdict.ALWAYS)
    there: list[bool] = []
    scene.announcements.before = lambda _facts: there.append(not scene.pictures.erased)

    scene.check()

    assert there == [True]


def test_a_picture_whose_erasure_failed_goes_when_the_event_comes_again() -> None:
    scene = Scene(LIVE, erase=EraseAfterVerdict.ALWAYS)
    scene.check()
    scene.pictures.erased.clear()

    assert scene.check() is Course.DUPLICATE
    assert scene.pictures.erased == [UPLOAD]


def test_a_verdict_that_was_paid_for_is_recorded_as_soon_as_the_table_takes_it() -> None:
    scene = Scene(LIVE)
    liveness = replace(scene.liveness, verdicts=Failing())

    liveness.check(UPLOAD, DEADLINE)

    assert scene.told()["outcome"] == "live"
    assert scene.slept == [0.5, 1.0, 2.0]


def test_a_verdict_that_cannot_be_recorded_in_time_is_kept_elsewhere_and_nobody_is_told() -> None:
    scene = Scene(LIVE)
    liveness = replace(scene.liveness, verdicts=Failing())

    checked = liveness.check(UPLOAD, Deadline(at=0.9, clock=lambda: sum(scene.slept)))

    assert checked.course is Course.KEPT
    assert scene.slept == [0.5]
    assert scene.announcements.told == []
    assert len(scene.safekeeping.messages) == 1


def test_the_look_may_begin_before_the_claim_is_answered() -> None:
    scene = Scene(LIVE)
    begun: list[StoredPicture] = []

    def at_once(look: Callable[[], StoredPicture]) -> Callable[[], StoredPicture]:
        assert scene.verdicts.rows == {}
        begun.append(look())
        return begun.pop

    replace(scene.liveness, alongside=at_once).check(UPLOAD, DEADLINE)

    assert scene.told()["outcome"] == "live"
    assert begun == []
