"""Batches of RetryQueue: in parallel, acknowledged or redelivered by the schedule."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Barrier

import pytest
from botocore.exceptions import ClientError

from liveness.deferred_verdict import to_message
from liveness.models import Deadline, Decision, DeferredVerdict, Lease, Outcome, Upload, Verdict
from tests.unit.function.batches import BUCKET, MAX_ATTEMPTS, batches, message, s3_event
from tests.unit.use_case import (
    DECIDED_AT,
    LIVE,
    UNREACHABLE,
    UPLOADED_AT,
    FailingVerdicts,
)

DENIED = ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessage")
SHORT = Deadline(at=0.4, clock=lambda: 0.0)
WITHOUT_UPLOADS = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})


def test_a_message_whose_upload_gets_a_verdict_is_acknowledged() -> None:
    function = batches({"v1": LIVE})

    assert function.process(message(s3_event("v1"))) == []
    assert function.use_case.published["outcome"] == "live"
    assert (function.sqs.redelivered, function.sqs.dead_letters) == ({}, [])


def test_a_message_without_uploads_is_acknowledged() -> None:
    assert batches().process(message(WITHOUT_UPLOADS, MAX_ATTEMPTS)) == []


def test_a_verdict_on_the_final_attempt_is_not_dead_lettered() -> None:
    function = batches({"v1": LIVE})

    assert function.process(message(s3_event("v1"), MAX_ATTEMPTS)) == []
    assert function.sqs.dead_letters == []


@pytest.mark.parametrize(("receive_count", "delay"), [(1, 30), (2, 60), (5, 480), (8, 900)])
def test_before_the_final_attempt_a_message_is_redelivered_by_the_schedule(
    receive_count: int, delay: int
) -> None:
    function = batches({"v1": UNREACHABLE})

    assert function.process(message(s3_event("v1"), receive_count)) == ["m-1"]
    assert function.sqs.redelivered == {"receipt of m-1": delay}
    assert function.sqs.dead_letters == []
    assert function.use_case.publisher.published == []


LATE_ATTEMPTS = pytest.mark.parametrize("receive_count", [MAX_ATTEMPTS, MAX_ATTEMPTS + 1])


def deferred_message(table: FailingVerdicts) -> str:
    """The message of a verdict whose lease still stands."""
    upload = Upload(BUCKET, "v1.png", "v1", UPLOADED_AT, size=100)
    lease = table.acquire_lease(upload, timedelta(minutes=1))
    assert isinstance(lease, Lease)
    verdict = Verdict(upload, Outcome.LIVE, DECIDED_AT, decision=Decision(Outcome.LIVE, LIVE))
    return to_message(DeferredVerdict(lease, verdict))


@LATE_ATTEMPTS
def test_a_deferred_verdict_is_saved_and_published_without_a_detection(receive_count: int) -> None:
    table = FailingVerdicts(failures=0)
    function = batches({"v1": UNREACHABLE}, verdicts=table)

    assert function.process(message(deferred_message(table), receive_count)) == []
    assert function.use_case.published["outcome"] == "live"
    assert function.use_case.detector.sent == []
    assert function.sqs.dead_letters == []


@LATE_ATTEMPTS
def test_a_deferred_verdict_never_fails_but_is_redelivered(receive_count: int) -> None:
    table = FailingVerdicts(failures=1)
    function = batches({"v1": UNREACHABLE}, verdicts=table)
    function.deadline = SHORT

    assert function.process(message(deferred_message(table), receive_count)) == ["m-1"]
    assert function.sqs.redelivered == {"receipt of m-1": 900}
    assert function.sqs.dead_letters == []
    assert function.use_case.publisher.published == []


@LATE_ATTEMPTS
def test_a_message_whose_verdict_is_deferred_is_acknowledged(receive_count: int) -> None:
    function = batches({"v1": LIVE}, verdicts=FailingVerdicts(failures=1))
    function.deadline = SHORT

    assert function.process(message(s3_event("v1"), receive_count)) == []
    (deferred,) = function.sqs.deferred
    assert json.loads(deferred)["deferred_verdict"]["record"]["outcome"] == "live"
    assert function.sqs.dead_letters == []
    (record,) = function.log.records
    assert (record["message"], record["disposition"]) == ("no verdict yet", "deferred")


def test_each_message_of_a_batch_has_its_own_result() -> None:
    function = batches({"v1": LIVE, "v2": UNREACHABLE, "v3": UNREACHABLE})

    failed = function.process(
        message(s3_event("v1"), 1, "decided"),
        message(s3_event("v2"), 3, "undecided"),
        message(s3_event("v3"), MAX_ATTEMPTS, "failed"),
        message("not JSON", 1, "unreadable"),
    )

    assert failed == ["undecided"]
    assert function.sqs.redelivered == {"receipt of undecided": 120}
    assert set(function.sqs.dead_letters) == {
        (s3_event("v3"), "service_unreachable"),
        ("not JSON", "unknown_event"),
    }
    assert [record["message_id"] for record in function.log.records] == [
        "decided",
        "undecided",
        "failed",
        "unreadable",
    ]
    assert function.log.values("Deliveries") == [({}, "Count", [1.0] * 4)]


def test_a_batch_that_fails_as_a_whole_is_answered_message_by_message() -> None:
    function = batches({"v1": UNREACHABLE, "v2": UNREACHABLE})

    assert function.process(
        message(s3_event("v1"), 1, "first"), message(s3_event("v2"), 1, "second")
    ) == ["first", "second"]


def test_an_unexpected_error_fails_its_message_alone() -> None:
    function = batches({"v1": RuntimeError("a bug"), "v2": LIVE})

    assert function.process(
        message(s3_event("v1"), MAX_ATTEMPTS, "broken"), message(s3_event("v2"), 1, "good")
    ) == ["broken"]
    assert function.use_case.published["outcome"] == "live"
    assert function.sqs.redelivered == {"receipt of broken": 900}
    assert function.sqs.dead_letters == []
    (record,) = [each for each in function.log.records if each["level"] == "ERROR"]
    assert (record["message_id"], record["error"]) == ("broken", "RuntimeError")
    assert "a bug" not in str(record)


def test_the_messages_of_a_batch_are_processed_in_parallel() -> None:
    all_at_once = Barrier(10, timeout=5)
    versions = [f"v{number}" for number in range(10)]
    function = batches(dict.fromkeys(versions, LIVE))
    presign = function.use_case.images.presign

    def waiting_presign(upload: Upload) -> str:
        all_at_once.wait()
        return presign(upload)

    function.use_case.images.presign = waiting_presign  # type: ignore[method-assign]  # one call

    assert function.process(*(message(s3_event(each), 1, each) for each in versions)) == []
    assert len(function.use_case.publisher.published) == 10


def test_where_the_visibility_cannot_be_changed_a_warning_is_logged() -> None:
    function = batches({"v1": UNREACHABLE})
    function.sqs.failing["change_message_visibility"] = DENIED

    assert function.process(message(s3_event("v1"))) == ["m-1"]
    assert function.warnings == [
        "no verdict yet",
        "a message is redelivered later than scheduled",
    ]
    assert function.log.records[-1]["error"] == "sqs: AccessDenied"


def test_a_message_of_the_group_backfill_is_no_part_of_the_live_traffic() -> None:
    function = batches({"v1": LIVE, "v2": LIVE})
    backfilled, live = message(s3_event("v1")), message(s3_event("v2"))
    backfilled["attributes"]["MessageGroupId"] = "backfill"

    function.process(backfilled | {"messageId": "m-0"}, live)

    assert function.log.values("BackfilledUploads") == [({"outcome": "live"}, "Count", [1.0])]
    assert function.log.values("Uploads") == [({"outcome": "live"}, "Count", [1.0])]
