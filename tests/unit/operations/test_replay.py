"""Messages go from FailedUploads to RetryQueue, and none is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from operations.queue import Queue
from operations.replay import POLL_SECONDS, Moved, ReplayStopped, conclusion, replay

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FAILED = Queue("https://sqs.example/failed", "arn:aws:sqs:us-east-1:123456789012:failed", 3)
RETRY = Queue("https://sqs.example/retry", "arn:aws:sqs:us-east-1:123456789012:retry", 0)
START = {"SourceArn": FAILED.arn, "DestinationArn": RETRY.arn}


class Sleep:
    """Sleeps in no time and remembers."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def sleep() -> Sleep:
    return Sleep()


def task(status: str, moved: int = 0, *, started: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "Status": status,
        "StartedTimestamp": started,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": 3,
        **more,
    }


def tell_tasks(told: Stubber, *tasks: dict[str, Any]) -> None:
    asked = {"SourceArn": FAILED.arn, "MaxResults": 1}
    told.add_response("list_message_move_tasks", {"Results": list(tasks)}, asked)


def message(number: int) -> dict[str, Any]:
    return {"MessageId": f"m{number}", "ReceiptHandle": f"r{number}", "Body": f"body {number}"}


def tell_messages(told: Stubber, *messages: dict[str, Any], most: int) -> None:
    told.add_response(
        "receive_message",
        {"Messages": list(messages)},
        {
            "QueueUrl": FAILED.url,
            "MaxNumberOfMessages": most,
            "VisibilityTimeout": ANY,
            "WaitTimeSeconds": ANY,
            "MessageAttributeNames": ["All"],
        },
    )


def take(told: Stubber, number: int, attributes: dict[str, Any] | None = None) -> None:
    sent = {
        "QueueUrl": RETRY.url,
        "MessageBody": f"body {number}",
        "MessageAttributes": attributes or {},
    }
    told.add_response("send_message", {"MessageId": f"n{number}"}, sent)
    deleted = {"QueueUrl": FAILED.url, "ReceiptHandle": f"r{number}"}
    told.add_response("delete_message", {}, deleted)


def test_sqs_moves_them_itself_and_its_task_is_followed_to_its_end(
    sqs: SQSClient, told: Stubber, sleep: Sleep
) -> None:
    tell_tasks(told)
    told.add_response("start_message_move_task", {"TaskHandle": "handle"}, START)
    tell_tasks(told, task("RUNNING", 1))
    tell_tasks(told, task("COMPLETED", 3))

    assert list(replay(sqs, FAILED, RETRY, sleep)) == [Moved(1, 3), Moved(3, 3)]
    assert sleep.slept == [POLL_SECONDS]


def test_an_earlier_task_that_sqs_still_tells_of_is_not_taken_for_this_one(
    sqs: SQSClient, told: Stubber, sleep: Sleep
) -> None:
    tell_tasks(told, task("COMPLETED", 7, started=1))
    told.add_response("start_message_move_task", {"TaskHandle": "handle"}, START)
    tell_tasks(told, task("COMPLETED", 7, started=1))
    tell_tasks(told, task("COMPLETED", 3, started=2))

    assert list(replay(sqs, FAILED, RETRY, sleep)) == [Moved(3, 3)]


def test_a_task_that_is_running_is_followed_and_no_second_one_is_started(
    sqs: SQSClient, told: Stubber, sleep: Sleep
) -> None:
    tell_tasks(told, task("RUNNING", 1))
    tell_tasks(told, task("COMPLETED", 3))

    assert list(replay(sqs, FAILED, RETRY, sleep)) == [Moved(3, 3)]


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_task_that_ends_early_says_why(
    status: str, sqs: SQSClient, told: Stubber, sleep: Sleep
) -> None:
    tell_tasks(told)
    told.add_response("start_message_move_task", {"TaskHandle": "handle"}, START)
    tell_tasks(told, task(status, 1, FailureReason="AccessDenied"))

    with pytest.raises(ReplayStopped, match=f"{status.lower()} .AccessDenied"):
        list(replay(sqs, FAILED, RETRY, sleep))


def test_an_engine_without_move_tasks_gets_each_message_sent_before_it_is_deleted(
    sqs: SQSClient, told: Stubber, sleep: Sleep
) -> None:
    attributes = {"from": {"DataType": "String", "StringValue": "backfill"}}
    told.add_client_error("list_message_move_tasks", "InvalidAction")
    tell_messages(told, message(1), message(2) | {"MessageAttributes": attributes}, most=3)
    take(told, 1)
    take(told, 2, attributes)
    tell_messages(told, message(3), most=1)
    take(told, 3)

    assert list(replay(sqs, FAILED, RETRY, sleep)) == [Moved(2, 3), Moved(3, 3)]


def test_by_hand_it_ends_early_where_nothing_is_left(
    sqs: SQSClient, told: Stubber, sleep: Sleep
) -> None:
    told.add_client_error("list_message_move_tasks", "InvalidAction")
    tell_messages(told, most=3)

    assert list(replay(sqs, FAILED, RETRY, sleep)) == []


def test_a_message_that_cannot_be_sent_is_not_deleted(
    sqs: SQSClient, told: Stubber, sleep: Sleep
) -> None:
    told.add_client_error("list_message_move_tasks", "InvalidAction")
    tell_messages(told, message(1), most=3)
    told.add_client_error("send_message", "AccessDenied")

    with pytest.raises(ClientError):
        list(replay(sqs, FAILED, RETRY, sleep))


def test_any_other_refusal_is_not_worked_around(
    sqs: SQSClient, told: Stubber, sleep: Sleep
) -> None:
    tell_tasks(told)
    told.add_client_error("start_message_move_task", "AccessDenied")

    with pytest.raises(ClientError, match="AccessDenied"):
        list(replay(sqs, FAILED, RETRY, sleep))


def test_it_ends_by_saying_what_to_look_at_next() -> None:
    assert "nothing to replay" in conclusion(0)
    assert conclusion(1).startswith("1 message went back")
    assert conclusion(1234).startswith("1,234 messages went back")
    assert "make failed" in conclusion(2)
