"""What lies in FailedUploads is looked at, told, and left where it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from liveness.model import Upload
from operations.failed import HELD_SECONDS, Failed, failures, main, peek, show
from operations.printed import printable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

URL = "https://sqs.example/failed"
EVENTS = Path(__file__).parents[3] / "events"
OBJECT = "s3://selfie-liveness-uploads-123456789012/selfies/7f3a9c/live.jpg"
VERSION = "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH"
SENT_AT = datetime(2026, 11, 20, 9, 41, 22, tzinfo=UTC)
DECIDED_AT = datetime(2026, 11, 20, 10, 42, 3, 500_000, tzinfo=UTC)
FAILED_ROW = {
    "outcome": "failed",
    "reason": "account_blocked",
    "error_code": "ResourceUnavailable.InArrears",
    "decided_at": "2026-11-20T10:42:03.500Z",
}


def message(number: int, body: str = "{}") -> MessageTypeDef:
    return {
        "MessageId": f"m{number}",
        "ReceiptHandle": f"r{number}",
        "Body": body,
        "Attributes": {"SentTimestamp": str(int(SENT_AT.timestamp() * 1000))},
    }


def tell(told: Stubber, *messages: MessageTypeDef, most: int = 10) -> None:
    told.add_response(
        "receive_message",
        {"Messages": list(messages)},
        {
            "QueueUrl": URL,
            "MaxNumberOfMessages": most,
            "VisibilityTimeout": HELD_SECONDS,
            "WaitTimeSeconds": ANY,
            "MessageSystemAttributeNames": ["SentTimestamp"],
        },
    )


def take_back(told: Stubber, numbers: Sequence[int]) -> None:
    entries = [
        {"Id": str(index), "ReceiptHandle": f"r{number}", "VisibilityTimeout": 0}
        for index, number in enumerate(numbers)
    ]
    told.add_response(
        "change_message_visibility_batch",
        {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []},
        {"QueueUrl": URL, "Entries": entries},
    )


def ids(messages: Sequence[MessageTypeDef]) -> list[str]:
    return [message["MessageId"] for message in messages]


def test_every_message_is_given_back_and_none_deleted(sqs: SQSClient, told: Stubber) -> None:
    tell(told, *(message(number) for number in range(10)), most=10)
    tell(told, message(10), message(11), most=10)
    tell(told, most=10)
    take_back(told, range(10))
    take_back(told, range(10, 12))

    assert ids(peek(sqs, URL, most=50)) == [f"m{number}" for number in range(12)]


def test_it_looks_at_no_more_than_it_is_asked_to(sqs: SQSClient, told: Stubber) -> None:
    tell(told, message(1), most=2)
    tell(told, message(2), most=1)
    take_back(told, [1, 2])

    assert ids(peek(sqs, URL, most=2)) == ["m1", "m2"]


def test_a_message_that_comes_twice_counts_once(sqs: SQSClient, told: Stubber) -> None:
    tell(told, message(1))
    tell(told, message(1))
    take_back(told, [1])

    assert ids(peek(sqs, URL, most=50)) == ["m1"]


def test_what_was_seen_is_given_back_also_where_sqs_fails_in_between(
    sqs: SQSClient, told: Stubber
) -> None:
    tell(told, message(1))
    told.add_client_error("receive_message", "AccessDenied")
    take_back(told, [1])

    with pytest.raises(ClientError):
        peek(sqs, URL, most=50)


class Rows:
    """The table, and what was asked of it."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.asked: list[tuple[str, str]] = []

    def __call__(self, upload: Upload) -> Mapping[str, Any]:
        self.asked.append((upload.object, upload.version))
        return self.row


def on_failure() -> str:
    return (EVENTS / "on-failure-s3.json").read_text()


def test_an_upload_is_told_with_the_reason_and_the_time_of_its_row() -> None:
    rows = Rows(FAILED_ROW)

    assert list(failures(message(1, on_failure()), rows)) == [
        Failed(OBJECT, VERSION, "account_blocked (ResourceUnavailable.InArrears)", DECIDED_AT)
    ]
    assert rows.asked == [(OBJECT, VERSION)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, "no answer in the table"),
        ({"lease_owner": "somebody"}, "no answer in the table"),
        ({"outcome": "live", "decided_at": "2026-11-20T10:42:03.500Z"}, "answered meanwhile: live"),
    ],
)
def test_without_a_failed_row_the_reason_says_so_and_the_time_is_the_messages(
    row: Mapping[str, Any], reason: str
) -> None:
    told = list(failures(message(1, on_failure()), Rows(row)))

    assert told == [Failed(OBJECT, VERSION, reason, SENT_AT)]


def test_a_message_that_is_no_upload_is_told_by_its_id_and_never_by_its_content() -> None:
    (told,) = failures(message(1, "password=hunter2"), Rows({}))

    assert told == Failed("message m1", "", "unreadable: body: not JSON", SENT_AT)


def test_of_a_message_that_is_readable_in_part_both_are_told() -> None:
    event = json.loads((EVENTS / "s3-object-created.json").read_text())
    event["Records"].append({"secret": "hunter2"})

    upload, rest = failures(message(1, json.dumps(event)), Rows(FAILED_ROW))

    assert upload.what == OBJECT
    assert rest.what == "message m1"
    assert "hunter2" not in rest.reason


def test_the_oldest_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [Failed("new", "v", "r", DECIDED_AT), Failed("old", "v", "r", SENT_AT)]

    show(lines, looked_at=2, waiting=2)

    told = capsys.readouterr().out
    assert told.index("old") < told.index("new")
    assert "2026-11-20 10:42:03" in told
    assert "2 messages in FailedUploads.\n" in told
    assert "make replay" in told


def test_it_says_when_there_is_more_than_was_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    show([Failed("old", "v", "r", SENT_AT)], looked_at=1, waiting=2500)

    assert "2,500 messages in FailedUploads, 1 of them looked at" in capsys.readouterr().out


def test_an_empty_queue_is_said_to_be_empty(capsys: pytest.CaptureFixture[str]) -> None:
    show([], looked_at=0, waiting=0)

    assert capsys.readouterr().out == "FailedUploads is empty.\n"


def test_a_key_cannot_steer_the_terminal() -> None:
    assert printable("ünï 1/\x1b[31mred\r\x07") == r"ünï 1/\x1b[31mred\r\x07"


@pytest.mark.parametrize("most", ["0", "-1", "many"])
def test_it_must_be_asked_to_look_at_something(most: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--most", most])
