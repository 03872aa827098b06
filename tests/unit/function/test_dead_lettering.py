"""What only an operator can help is dead-lettered."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from liveness.errors import AwsServiceError
from liveness.models import Upload, Verdict
from tests.unit.function.batches import BUCKET, MAX_ATTEMPTS, SCHEDULE, batches, message, s3_event
from tests.unit.use_case import LIVE, UNKNOWN_MODEL, UNREACHABLE, UPLOADED_AT

DENIED = ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessage")
UNREADABLE = "not JSON"
FOREIGN = s3_event("v1", bucket="somebody-elses")


def test_the_final_attempt_publishes_failed_dead_letters_the_body_and_acknowledges() -> None:
    function = batches({"v1": UNREACHABLE})
    body = s3_event("v1")

    assert function.process(message(body, MAX_ATTEMPTS)) == []
    assert function.use_case.published["outcome"] == "failed"
    assert function.sqs.dead_letters == [(body, "service_unreachable")]
    assert function.sqs.redelivered == {}
    (record,) = function.log.records
    assert (record["message"], record["outcome"]) == ("upload processed", "failed")
    assert record["message_id"] == "m-1"


def test_where_dead_lettering_fails_the_message_is_redelivered_and_a_warning_is_logged() -> None:
    function = batches({"v1": UNREACHABLE})
    function.sqs.failing["send_message"] = DENIED

    assert function.process(message(s3_event("v1"), MAX_ATTEMPTS)) == ["m-1"]
    assert function.sqs.redelivered == {"receipt of m-1": 900}
    assert function.warnings == ["dead-lettering failed"]
    assert function.log.records[-1]["error"] == "sqs: AccessDenied"


def test_where_dead_lettering_failed_the_upload_is_tried_once_more_and_dead_lettered() -> None:
    function = batches({"v1": UNREACHABLE})
    body = s3_event("v1")
    function.sqs.failing["send_message"] = DENIED
    function.process(message(body, MAX_ATTEMPTS))
    function.sqs.failing.clear()

    assert function.process(message(body, MAX_ATTEMPTS + 1)) == []
    assert function.sqs.dead_letters == [(body, "service_unreachable")]
    assert len({each["id"] for each in function.use_case.publisher.records}) == 1


def test_receives_that_were_throttled_do_not_make_an_attempt_final() -> None:
    function = batches({"v1": UNREACHABLE})
    young = 2 * SCHEDULE.duration - timedelta(seconds=1)

    assert function.process(message(s3_event("v1"), MAX_ATTEMPTS, age=young)) == ["m-1"]
    assert function.use_case.publisher.published == []
    assert function.sqs.dead_letters == []


def test_an_answer_of_an_unknown_model_fails_at_once_because_each_answer_is_billed() -> None:
    function = batches({"v1": UNKNOWN_MODEL})
    body = s3_event("v1")

    assert function.process(message(body, 1)) == []
    assert function.use_case.published["reason"] == "unknown_model"
    assert function.sqs.dead_letters == [(body, "unknown_model")]
    assert len(function.use_case.detector.sent) == 1


def test_a_failure_that_cannot_be_published_is_not_dead_lettered_but_redelivered() -> None:
    function = batches({"v1": UNREACHABLE})
    body = s3_event("v1")

    def fail(_verdict: Verdict) -> None:
        raise AwsServiceError("sns", "InternalError")

    function.use_case.publisher.before = fail
    assert function.process(message(body, MAX_ATTEMPTS)) == ["m-1"]
    assert function.sqs.dead_letters == []

    function.use_case.publisher.before = lambda _verdict: None
    assert function.process(message(body, MAX_ATTEMPTS + 1)) == []
    assert function.use_case.published["outcome"] == "failed"
    assert function.sqs.dead_letters == [(body, "service_unreachable")]


OPERATORS = pytest.mark.parametrize(
    ("body", "reason"),
    [
        (UNREADABLE, "unknown_event"),
        (FOREIGN, "foreign_bucket"),
    ],
    ids=["unreadable", "foreign bucket"],
)


@OPERATORS
def test_a_message_for_an_operator_is_dead_lettered_at_once(body: str, reason: str) -> None:
    function = batches({"v1": LIVE})

    assert function.process(message(body, 1)) == []
    assert function.sqs.dead_letters == [(body, reason)]
    assert function.sqs.redelivered == {}
    assert function.use_case.detector.sent == []
    (record,) = function.log.records
    assert (record["message"], record["reason"]) == ("no verdict yet", reason)


def test_a_malformed_deferred_verdict_costs_no_upload_of_its_message_its_verdict() -> None:
    function = batches({"v1": LIVE, "v2": LIVE})
    event = json.loads(s3_event("v1", "v2"))
    body = json.dumps({**event, "deferred_verdict": "live"})

    assert function.process(message(body, 1)) == []
    assert [each["outcome"] for each in function.use_case.publisher.records] == ["live", "live"]
    assert function.sqs.dead_letters == [(body, "unknown_event")]


@OPERATORS
def test_a_message_for_an_operator_that_cannot_be_dead_lettered_is_redelivered(
    body: str, reason: str
) -> None:
    function = batches({"v1": LIVE})
    function.sqs.failing["send_message"] = DENIED

    assert function.process(message(body, MAX_ATTEMPTS)) == ["m-1"]
    assert function.sqs.redelivered == {"receipt of m-1": 900}
    assert function.warnings == ["no verdict yet", "dead-lettering failed"]


def test_a_message_with_one_upload_failed_and_one_undecided_is_redelivered() -> None:
    function = batches({"v1": UNREACHABLE, "v2": LIVE})
    held = Upload(BUCKET, "v2.png", "v2", UPLOADED_AT)
    function.use_case.verdicts.acquire_lease(held, timedelta(minutes=1))

    assert function.process(message(s3_event("v1", "v2"), MAX_ATTEMPTS)) == ["m-1"]
    assert function.use_case.published["outcome"] == "failed"
    assert function.sqs.dead_letters == []
    assert function.sqs.redelivered == {"receipt of m-1": 900}


def test_a_message_with_one_upload_failed_and_one_decided_is_dead_lettered() -> None:
    function = batches({"v1": LIVE, "v2": UNREACHABLE})
    body = s3_event("v1", "v2")

    assert function.process(message(body, MAX_ATTEMPTS)) == []
    assert function.sqs.dead_letters == [(body, "service_unreachable")]
    assert [each["outcome"] for each in function.use_case.publisher.records] == ["live", "failed"]


def test_a_retake_needs_no_operator() -> None:
    function = batches()

    assert function.process(message(s3_event("v-gif"), MAX_ATTEMPTS)) == []
    assert function.use_case.published["outcome"] == "retake"
    assert function.sqs.dead_letters == []


def test_a_message_with_one_upload_failed_and_one_record_unreadable_is_dead_lettered() -> None:
    function = batches({"v1": UNREACHABLE})
    event = json.loads(s3_event("v1"))
    body = json.dumps({"Records": [*event["Records"], {"odd": True}]})

    assert function.process(message(body, MAX_ATTEMPTS)) == []
    assert function.sqs.dead_letters == [(body, "service_unreachable")]


def test_a_message_with_one_upload_decided_and_one_record_unreadable_is_dead_lettered() -> None:
    function = batches({"v1": LIVE})
    event = json.loads(s3_event("v1"))
    body = json.dumps({"Records": [*event["Records"], {"odd": True}]})

    assert function.process(message(body, MAX_ATTEMPTS)) == []
    assert function.use_case.published["outcome"] == "live"
    assert function.sqs.dead_letters == [(body, "unknown_event")]
