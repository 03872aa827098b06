"""One line tells the whole story of an upload, and metrics count what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from endings import Ending
from liveness.check import Checked, Course
from liveness.errors import AccountBlocked, ErrorAnswer, GivenUp, LivenessError, NotAnUpload
from liveness.model import Attempt, Facts, Outcome, Upload
from liveness.story import Announced, Step, Story
from metrics import METRICS
from tests.unit.function.told import Told

UPLOADED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
UPLOAD = Upload("selfies", "ann/1.png", "v1", UPLOADED_AT, size=100, sequencer="00A1")
FACTS: Facts = {
    "id": UPLOAD.id,
    "outcome": "live",
    "request_id": "req-1",
    "face_model_version": "3.0",
    "subject": "ann",
    "score": Decimal(90),
}


def announced(outcome: Outcome, after: float = 1.25) -> Announced:
    return Announced(outcome, "message-1", UPLOADED_AT + timedelta(seconds=after))


def told_of(result: Checked | LivenessError, story: Story, upload: Upload | None = UPLOAD) -> Told:
    told = Told()
    with told as telling:
        telling.tell([Ending(upload, result, story)])
    return told


def test_one_line_tells_the_whole_story_of_an_upload() -> None:
    story = Story(
        took={Step.CLAIM: 0.0123, Step.ASK: 0.5},
        attempts=[Attempt(0.1, "transient", "InternalError"), Attempt(0.4)],
        announced=announced(Outcome.LIVE),
    )

    (line,) = told_of(Checked(FACTS, Course.DECIDED), story).lines

    assert line["message"] == "upload checked"
    assert {name: line[name] for name in line if name not in _OF_POWERTOOLS} == {
        "upload_id": UPLOAD.id,
        "object": "s3://selfies/ann/1.png",
        "version": "v1",
        "sequencer": "00A1",
        "course": "decided",
        "id": UPLOAD.id,
        "outcome": "live",
        "request_id": "req-1",
        "face_model_version": "3.0",
        "steps": {"claim": 12, "ask": 500},
        "attempts": [{"ms": 100, "code": "InternalError"}, {"ms": 400}],
        "announcement": "message-1",
        "upload_to_announcement_ms": 1250,
    }


_OF_POWERTOOLS = {"level", "location", "message", "timestamp", "service", "sampling_rate"}


def test_whose_picture_it_is_is_told_in_no_line() -> None:
    (line,) = told_of(Checked(FACTS, Course.DECIDED), Story()).lines

    assert "ann" not in line.values()
    assert "subject" not in line


def test_an_answer_is_counted_by_its_outcome_with_the_time_that_the_phone_waited() -> None:
    told = told_of(
        Checked(FACTS, Course.DECIDED),
        Story(attempts=[Attempt(0.4)], announced=announced(Outcome.LIVE)),
    )

    assert told.values("Uploads") == [({"outcome": "live"}, "Count", [1.0])]
    assert told.values("UploadToAnnouncement") == [({}, "Milliseconds", [1250.0])]
    assert told.values("ServiceAttempts") == [({}, "Count", [1.0])]
    assert told.values("ServiceLatency") == [({}, "Milliseconds", [400.0])]
    assert told.values("Judgements") == [({}, "Count", [1.0])]
    for nothing in ("Faults", "Retakes", "ServiceErrors", "Duplicates", "ClaimsTakenOver"):
        assert told.values(nothing) == []


def test_a_retake_is_counted_by_its_reason() -> None:
    facts: Facts = {"id": UPLOAD.id, "outcome": "retake", "reason": "no_face"}

    told = told_of(
        Checked(facts, Course.DECIDED),
        Story(
            attempts=[Attempt(0.4, "image", "InvalidParameterValue.NoFaceInPhoto")],
            announced=announced(Outcome.RETAKE),
        ),
    )

    assert told.values("Retakes") == [({"reason": "no_face"}, "Count", [1.0])]
    assert told.values("Judgements") == []


def test_an_error_of_the_service_is_counted_by_kind_and_by_kind_and_code() -> None:
    story = Story(attempts=[Attempt(0.1, "account", "ActionOffline")])
    fault = AccountBlocked(ErrorAnswer("ActionOffline", "gone"))

    told = told_of(fault, story)

    assert told.values("ServiceErrors") == [
        ({"kind": "account"}, "Count", [1.0]),
        ({"kind": "account", "code": "ActionOffline"}, "Count", [1.0]),
    ]
    assert told.values("Faults") == [({"reason": "account_blocked"}, "Count", [1.0])]
    assert told.values("Uploads") == []


def test_an_upload_that_was_given_up_counts_as_a_failed_one_and_its_line_has_the_announcement() -> (
    None
):
    told = told_of(GivenUp("timed out"), Story(announced=announced(Outcome.FAILED)))

    (line,) = told.lines
    assert told.values("Uploads") == [({"outcome": "failed"}, "Count", [1.0])]
    assert told.values("Faults") == [({"reason": "given_up"}, "Count", [1.0])]
    assert (line["message"], line["outcome"]) == ("no answer yet", "failed")
    assert line["announcement"] == "message-1"


def test_a_duplicate_counts_as_no_upload() -> None:
    told = told_of(Checked(FACTS, Course.DUPLICATE), Story())

    assert told.values("Duplicates") == [({}, "Count", [1.0])]
    assert told.values("Uploads") == []
    assert told.values("Deliveries") == [({}, "Count", [1.0])]


def test_a_claim_that_was_taken_over_is_counted_whatever_came_of_it() -> None:
    told = told_of(GivenUp("timed out"), Story(took_over=True))

    (line,) = told.lines
    assert told.values("ClaimsTakenOver") == [({}, "Count", [1.0])]
    assert line["took_over"] is True


def test_what_cannot_be_read_is_a_fault_without_an_upload() -> None:
    told = told_of(NotAnUpload("body: not JSON"), Story(), upload=None)

    (line,) = told.lines
    assert told.values("Faults") == [({"reason": "NotAnUpload"}, "Count", [1.0])]
    assert "upload_id" not in line


def test_a_clock_that_is_behind_s3s_makes_no_negative_wait() -> None:
    told = told_of(
        Checked(FACTS, Course.DECIDED), Story(announced=announced(Outcome.LIVE, after=-0.5))
    )

    assert told.values("UploadToAnnouncement") == [({}, "Milliseconds", [0.0])]


def test_the_values_of_several_uploads_are_told_side_by_side() -> None:
    told = Told()
    with told as telling:
        telling.tell([Ending(UPLOAD, GivenUp("no"), Story(attempts=[Attempt(1.0), Attempt(2.0)]))])

    assert told.values("ServiceLatency") == [({}, "Milliseconds", [1000.0, 2000.0])]


@pytest.mark.parametrize("name", METRICS)
def test_no_metric_is_told_apart_by_a_person_or_a_picture(name: str) -> None:
    dimensions = {each for dimension_set in METRICS[name].dimension_sets for each in dimension_set}

    assert dimensions <= {"outcome", "reason", "kind", "code"}


def test_a_metric_that_nobody_declared_is_an_error() -> None:
    with Told() as telling, pytest.raises(KeyError):
        telling.emitter.add("Surprises")


def test_a_verdict_that_waits_for_the_table_is_no_answer_yet() -> None:
    story = Story(took={Step.KEEP: 0.01}, attempts=[Attempt(0.4)])

    told = told_of(Checked(FACTS, Course.KEPT), story)

    (line,) = told.lines
    assert (line["message"], line["level"]) == ("no answer yet", "WARNING")
    assert (line["reason"], line["course"]) == ("storage_fault", "kept")
    assert "outcome" not in line
    assert told.values("Faults") == [({"reason": "storage_fault"}, "Count", [1.0])]
    assert told.values("Judgements") == [({}, "Count", [1.0])]
    for nothing in ("Uploads", "UploadToAnnouncement", "Retakes"):
        assert told.values(nothing) == []
