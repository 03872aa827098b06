"""Uploads that came back, until they are given up or decided."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liveness.check import Turn
from liveness.errors import (
    GivenUp,
    Leased,
    ServiceUnreachable,
    StorageFault,
)
from liveness.model import (
    EraseAfterVerdict,
    Facts,
    Upload,
)
from liveness.ports import StoredPicture
from tests.unit.scene import (
    DEADLINE,
    DOWN,
    LIVE,
    UPLOAD,
    Scene,
)


@pytest.mark.parametrize("received", [1, 8])
def test_an_upload_that_came_back_without_an_answer_comes_back_again(received: int) -> None:
    scene = Scene(DOWN)

    with pytest.raises(ServiceUnreachable):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(received, tries=9))
    assert scene.announcements.told == []


def test_the_last_try_records_and_announces_a_failure_and_still_asks_for_a_person() -> None:
    scene = Scene(DOWN)

    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))

    assert scene.told()["outcome"] == "failed"
    assert scene.told()["reason"] == "service_unreachable"
    assert scene.told()["error_code"] == "NoAnswer.TimedOut"
    assert scene.told()["id"] == f"{UPLOAD.id}-failed"


def test_the_last_try_may_still_end_in_a_verdict() -> None:
    scene = Scene(LIVE)

    scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))

    assert scene.told()["outcome"] == "live"


def test_a_failure_that_was_announced_is_not_announced_again_and_asks_nobody() -> None:
    scene = Scene(DOWN)
    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))

    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(10, tries=9))
    assert len(scene.announcements.told) == 1
    assert len(scene.judge.asked) == 1


def test_a_failure_that_could_not_be_announced_is_announced_on_a_spare_turn() -> None:
    scene = Scene(DOWN)

    def down(_facts: Facts) -> None:
        raise StorageFault("sns", "InternalError")

    scene.announcements.before = down
    with pytest.raises(StorageFault):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))
    scene.announcements.before = lambda _facts: None

    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(10, tries=9))
    assert scene.told()["outcome"] == "failed"


def test_a_replayed_failure_is_decided_and_the_verdict_announced_under_its_own_id() -> None:
    scene = Scene(DOWN, LIVE)
    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))

    scene.liveness.check_again(UPLOAD, DEADLINE, Turn(1, tries=9))

    failed, live = scene.announcements.told
    assert (failed["outcome"], live["outcome"]) == ("failed", "live")
    assert failed["id"] != live["id"]


def test_a_failure_of_aws_names_the_service_and_its_code() -> None:
    scene = Scene(content=StorageFault("s3", "AccessDenied"))

    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))

    assert scene.told()["reason"] == "storage_fault"
    assert scene.told()["error_code"] == "s3.AccessDenied"


def test_a_failed_upload_keeps_its_picture_for_the_replay() -> None:
    scene = Scene(DOWN, erase=EraseAfterVerdict.ALWAYS)

    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))

    assert scene.told()["outcome"] == "failed"
    assert scene.pictures.erased == []


def test_giving_up_that_somebody_elses_lease_prevents_waits_for_its_end() -> None:
    scene = Scene(LIVE)
    scene.verdicts.claim(UPLOAD, timedelta(minutes=1))

    with pytest.raises(Leased):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))
    assert scene.announcements.told == []


def test_what_was_given_up_names_its_cause() -> None:
    scene = Scene(DOWN)

    with pytest.raises(GivenUp, match="timed out") as given_up:
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))
    assert given_up.value.__cause__ is DOWN


def test_a_failed_upload_keeps_whose_it_was_where_the_look_worked() -> None:
    scene = Scene(DOWN)

    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))

    assert scene.told()["subject"] == "ann"


def test_a_failed_upload_that_could_not_be_looked_at_has_no_subject() -> None:
    scene = Scene(content=StorageFault("s3", "AccessDenied"))

    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))

    assert "subject" not in scene.told()


def test_giving_up_looks_at_the_picture_no_second_time() -> None:
    scene = Scene(DOWN)
    looks: list[Upload] = []
    look = scene.pictures.look

    def counted(upload: Upload) -> StoredPicture:
        looks.append(upload)
        return look(upload)

    scene.pictures.look = counted  # type: ignore[method-assign]  # one call is counted
    with pytest.raises(GivenUp):
        scene.liveness.check_again(UPLOAD, DEADLINE, Turn(9, tries=9))

    assert looks == [UPLOAD]
