"""`replay` moves messages from FailedUploads to RetryQueue and loses none on the way."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY

from operations.errors import UserError
from operations.queue import Queue
from operations.replay import POLL_SECONDS, replay
from tests.unit.operations.conftest import OUTPUTS, FakeAws

FAILED = Queue(
    OUTPUTS["FailedUploadsQueueUrl"], "arn:aws:sqs:us-east-1:123456789012:failed", visible=3
)
RETRY = Queue(OUTPUTS["RetryQueueUrl"], "arn:aws:sqs:us-east-1:123456789012:retry", visible=0)
START = {"SourceArn": FAILED.arn, "DestinationArn": RETRY.arn}


class Sleep:
    """Sleeps in no time and records for how long it would have."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def sleep() -> Sleep:
    return Sleep()


def run(aws: FakeAws, sleep: Sleep) -> list[tuple[int, int]]:
    return list(replay(aws.client("sqs"), FAILED, RETRY, sleep))


def task(status: str, moved: int = 0, *, started: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "Status": status,
        "StartedTimestamp": started,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": 3,
        **more,
    }


def list_tasks(aws: FakeAws, *tasks: dict[str, Any]) -> None:
    request = {"SourceArn": FAILED.arn, "MaxResults": 1}
    aws.stub("sqs").add_response("list_message_move_tasks", {"Results": list(tasks)}, request)


def start_task(aws: FakeAws) -> None:
    aws.stub("sqs").add_response("start_message_move_task", {"TaskHandle": "handle"}, START)


def has_no_tasks(aws: FakeAws) -> None:
    """An emulator that does not have the Action."""
    aws.stub("sqs").add_client_error("list_message_move_tasks", "InvalidAction")


def message(number: int) -> dict[str, Any]:
    return {"MessageId": f"m{number}", "ReceiptHandle": f"r{number}", "Body": f"body {number}"}


def receive(aws: FakeAws, *messages: dict[str, Any], most: int) -> None:
    aws.stub("sqs").add_response(
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


def move(aws: FakeAws, number: int, attributes: dict[str, Any] | None = None) -> None:
    sent = {
        "QueueUrl": RETRY.url,
        "MessageBody": f"body {number}",
        "MessageAttributes": attributes or {},
    }
    aws.stub("sqs").add_response("send_message", {"MessageId": f"n{number}"}, sent)
    deleted = {"QueueUrl": FAILED.url, "ReceiptHandle": f"r{number}"}
    aws.stub("sqs").add_response("delete_message", {}, deleted)


def describe(aws: FakeAws, failed: Queue = FAILED) -> None:
    for queue in (failed, RETRY):
        attributes = {
            "QueueArn": queue.arn,
            "ApproximateNumberOfMessages": str(queue.visible),
            "ApproximateNumberOfMessagesNotVisible": str(queue.in_flight_or_delayed),
        }
        aws.stub("sqs").add_response(
            "get_queue_attributes",
            {"Attributes": attributes},
            {"QueueUrl": queue.url, "AttributeNames": ["All"]},
        )


def test_a_task_of_sqs_moves_the_messages_and_is_followed_to_its_end(
    aws: FakeAws, sleep: Sleep
) -> None:
    list_tasks(aws)
    start_task(aws)
    list_tasks(aws, task("RUNNING", 1))
    list_tasks(aws, task("COMPLETED", 3))

    assert run(aws, sleep) == [(1, 3), (3, 3)]
    assert sleep.seconds == [POLL_SECONDS]


def test_an_earlier_task_that_sqs_still_lists_is_not_the_one_that_was_started(
    aws: FakeAws, sleep: Sleep
) -> None:
    list_tasks(aws, task("COMPLETED", 7, started=1))
    start_task(aws)
    list_tasks(aws, task("COMPLETED", 7, started=1))
    list_tasks(aws, task("COMPLETED", 3, started=2))

    assert run(aws, sleep) == [(3, 3)]


def test_a_running_task_is_followed_and_no_second_one_is_started(
    aws: FakeAws, sleep: Sleep
) -> None:
    list_tasks(aws, task("RUNNING", 1))
    list_tasks(aws, task("COMPLETED", 3))

    assert run(aws, sleep) == [(3, 3)]


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_task_that_ends_early_says_why(status: str, aws: FakeAws, sleep: Sleep) -> None:
    list_tasks(aws)
    start_task(aws)
    list_tasks(aws, task(status, 1, FailureReason="AccessDenied"))

    with pytest.raises(UserError, match=f"{status.lower()} .AccessDenied"):
        run(aws, sleep)


def test_without_move_tasks_each_message_is_sent_with_its_attributes_and_then_deleted(
    aws: FakeAws, sleep: Sleep
) -> None:
    attributes = {"reason": {"DataType": "String", "StringValue": "account_blocked"}}
    has_no_tasks(aws)
    receive(aws, message(1), message(2) | {"MessageAttributes": attributes}, most=3)
    move(aws, 1)
    move(aws, 2, attributes)
    receive(aws, message(3), most=1)
    move(aws, 3)

    assert run(aws, sleep) == [(2, 3), (3, 3)]


def test_by_hand_it_ends_early_where_nothing_is_left(aws: FakeAws, sleep: Sleep) -> None:
    has_no_tasks(aws)
    receive(aws, most=3)

    assert run(aws, sleep) == []


def test_a_message_that_cannot_be_sent_is_not_deleted(aws: FakeAws, sleep: Sleep) -> None:
    has_no_tasks(aws)
    receive(aws, message(1), most=3)
    aws.stub("sqs").add_client_error("send_message", "AccessDenied")

    with pytest.raises(ClientError):
        run(aws, sleep)


def test_any_other_refusal_has_no_fallback(aws: FakeAws, sleep: Sleep) -> None:
    list_tasks(aws)
    aws.stub("sqs").add_client_error("start_message_move_task", "AccessDenied")

    with pytest.raises(ClientError, match="AccessDenied"):
        run(aws, sleep)


def test_it_ends_with_what_to_do_next(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    describe(aws)
    list_tasks(aws)
    start_task(aws)
    many = {"ApproximateNumberOfMessagesToMove": 1234}
    list_tasks(aws, task("COMPLETED", 1234, **many))

    assert aws.run("replay") == 0

    first, moved, failed = capsys.readouterr().out.splitlines()
    assert first == "  1,234 of about 1,234"
    assert moved.startswith("1,234 messages went to RetryQueue")
    assert "make failed" in failed


def test_one_message_is_counted_as_one(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    describe(aws)
    list_tasks(aws, task("RUNNING", 0))
    list_tasks(aws, task("COMPLETED", 1))

    assert aws.run("replay") == 0
    assert "\n1 message went to RetryQueue" in capsys.readouterr().out


def test_an_empty_queue_is_reported_as_empty(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(aws, Queue(FAILED.url, FAILED.arn, visible=0))
    has_no_tasks(aws)

    assert aws.run("replay") == 0
    assert capsys.readouterr().out == "FailedUploads is empty: there was nothing to replay.\n"


def test_a_refusal_says_how_many_messages_were_moved(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(aws)
    has_no_tasks(aws)
    receive(aws, message(1), most=3)
    move(aws, 1)
    aws.stub("sqs").add_client_error("receive_message", "AccessDenied")

    assert aws.run("replay") == 1

    error = capsys.readouterr().err
    assert error.startswith("AWS failed: An error occurred (AccessDenied)")
    assert "Moved 1 message. Run `make replay` again for the rest" in error
    assert error.count("\n") == 1


def test_an_interrupt_says_that_a_task_of_sqs_continues(
    aws: FakeAws, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    describe(aws)
    list_tasks(aws, task("RUNNING", 1))
    list_tasks(aws, task("RUNNING", 2))

    assert aws.run("replay") == 130
    assert capsys.readouterr().err == (
        "Interrupted. Moved 2 messages. Run `make replay` again for the rest; a task of SQS that "
        "is running continues by itself.\n"
    )
