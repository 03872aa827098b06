"""RetryQueue and FailedUploads: redelivery, deferred verdicts, dead-lettering."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from liveness.aws.sqs import SQSRetryQueue
from liveness.backoff import Backoff, RetrySchedule
from liveness.deferred_verdict import to_message
from liveness.errors import AwsServiceError
from liveness.models import Decision, DeferredVerdict, Lease, Outcome, Verdict
from tests.unit.use_case import DECIDED_AT, LIVE, UPLOAD

RETRY_QUEUE = "https://sqs.example/retry"
FAILED_UPLOADS = "https://sqs.example/failed"
DEFERRED = DeferredVerdict(
    Lease(UPLOAD, "a token"),
    Verdict(UPLOAD, Outcome.LIVE, DECIDED_AT, decision=Decision(Outcome.LIVE, LIVE)),
)


class SQSInMemory:
    """Records the requests by operation; an error is raised instead."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def send_message(self, **request: Any) -> None:
        self._record("send_message", request)

    def change_message_visibility(self, **request: Any) -> None:
        self._record("change_message_visibility", request)

    def _record(self, operation: str, request: dict[str, Any]) -> None:
        if self.error:
            raise self.error
        self.requests.append((operation, request))


def queue(sqs: SQSInMemory, initial: timedelta = timedelta(seconds=30)) -> SQSRetryQueue:
    client: Any = sqs
    schedule = RetrySchedule(9, Backoff(initial, timedelta(hours=1)))
    return SQSRetryQueue(client, RETRY_QUEUE, FAILED_UPLOADS, schedule)


def test_a_message_is_redelivered_by_its_visibility_timeout() -> None:
    sqs = SQSInMemory()

    queue(sqs).redeliver("a receipt", timedelta(minutes=2))

    request = {"QueueUrl": RETRY_QUEUE, "ReceiptHandle": "a receipt", "VisibilityTimeout": 120}
    assert sqs.requests == [("change_message_visibility", request)]


@pytest.mark.parametrize(("initial", "delay"), [(30, 30), (900, 900), (1800, 900)])
def test_a_deferred_verdict_is_delivered_as_after_a_first_attempt(initial: int, delay: int) -> None:
    sqs = SQSInMemory()

    queue(sqs, timedelta(seconds=initial)).defer(DEFERRED)

    body = to_message(DEFERRED)
    request = {"QueueUrl": RETRY_QUEUE, "MessageBody": body, "DelaySeconds": delay}
    assert sqs.requests == [("send_message", request)]


def test_a_dead_letter_has_the_body_and_the_reason_as_an_attribute() -> None:
    sqs = SQSInMemory()

    queue(sqs).dead_letter("a body", "service_throttled")

    reason = {"DataType": "String", "StringValue": "service_throttled"}
    request = {
        "QueueUrl": FAILED_UPLOADS,
        "MessageBody": "a body",
        "MessageAttributes": {"reason": reason},
    }
    assert sqs.requests == [("send_message", request)]


@pytest.mark.parametrize(
    "call",
    [
        lambda queue: queue.redeliver("a receipt", timedelta(0)),
        lambda queue: queue.defer(DEFERRED),
        lambda queue: queue.dead_letter("a body", "a reason"),
    ],
)
def test_a_failure_of_sqs_has_its_code(call: Callable[[SQSRetryQueue], None]) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessage")

    with pytest.raises(AwsServiceError) as failed:
        call(queue(SQSInMemory(denied)))

    assert (failed.value.service, failed.value.code) == ("sqs", "AccessDenied")
