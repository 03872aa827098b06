"""`failed` lists the messages in FailedUploads and leaves them there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY

from liveness.models import Upload
from operations.__main__ import main
from operations.console import printable
from operations.failed import VISIBILITY_TIMEOUT, Failure, failures, peek
from tests.unit.operations.conftest import OUTPUTS, FakeAws

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

URL, TABLE = OUTPUTS["FailedUploadsQueueUrl"], OUTPUTS["VerdictsTableName"]
EVENTS = Path(__file__).parents[3] / "events"
OBJECT = "s3://selfie-liveness-123456789012-ap-southeast-1-an/selfies/7f3a9c/live.jpg"
VERSION = "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH"
SENT_AT = datetime(2026, 11, 20, 9, 41, 22, tzinfo=UTC)
DECIDED_AT = datetime(2026, 11, 20, 10, 42, 3, 500_000, tzinfo=UTC)
FAILED_ROW = {
    "outcome": "failed",
    "reason": "account_blocked",
    "error_code": "ResourceUnavailable.InArrears",
    "decided_at": "2026-11-20T10:42:03.500Z",
}


def message(number: int, body: str = "{}", reason: str = "") -> MessageTypeDef:
    attributes = {"reason": {"DataType": "String", "StringValue": reason}} if reason else {}
    return {
        "MessageId": f"m{number}",
        "ReceiptHandle": f"r{number}",
        "Body": body,
        "Attributes": {"SentTimestamp": str(int(SENT_AT.timestamp() * 1000))},
        **({"MessageAttributes": attributes} if attributes else {}),  # type: ignore[typeddict-item]
    }


def receive(aws: FakeAws, *messages: MessageTypeDef, most: int = 10) -> None:
    aws.stub("sqs").add_response(
        "receive_message",
        {"Messages": list(messages)},
        {
            "QueueUrl": URL,
            "MaxNumberOfMessages": most,
            "VisibilityTimeout": VISIBILITY_TIMEOUT,
            "WaitTimeSeconds": ANY,
            "MessageSystemAttributeNames": ["SentTimestamp"],
            "MessageAttributeNames": ["reason"],
        },
    )


def make_visible(aws: FakeAws, numbers: Sequence[int]) -> None:
    entries = [
        {"Id": str(index), "ReceiptHandle": f"r{number}", "VisibilityTimeout": 0}
        for index, number in enumerate(numbers)
    ]
    aws.stub("sqs").add_response(
        "change_message_visibility_batch",
        {"Successful": [{"Id": entry["Id"]} for entry in entries], "Failed": []},
        {"QueueUrl": URL, "Entries": entries},
    )


def count(aws: FakeAws, visible: int, in_flight: int = 0) -> None:
    attributes = {
        "QueueArn": "arn",
        "ApproximateNumberOfMessages": str(visible),
        "ApproximateNumberOfMessagesNotVisible": str(in_flight),
    }
    aws.stub("sqs").add_response(
        "get_queue_attributes",
        {"Attributes": attributes},
        {"QueueUrl": URL, "AttributeNames": ["All"]},
    )


def get_row(aws: FakeAws, row: Mapping[str, str], key: str = "selfies/7f3a9c/live.jpg") -> None:
    name = f"s3://selfie-liveness-123456789012-ap-southeast-1-an/{key}"
    item = {"expires_at": {"N": "1"}, **{each: {"S": text} for each, text in row.items()}}
    aws.stub("dynamodb").add_response(
        "get_item",
        {"Item": item} if row else {},
        {
            "TableName": TABLE,
            "Key": {"object": {"S": name}, "version": {"S": VERSION}},
            "ConsistentRead": True,
        },
    )


def ids(messages: Sequence[MessageTypeDef]) -> list[str]:
    return [message["MessageId"] for message in messages]


def test_every_message_is_visible_again_and_none_is_deleted(aws: FakeAws) -> None:
    receive(aws, *(message(number) for number in range(10)), most=10)
    receive(aws, message(10), message(11), most=10)
    receive(aws, most=10)
    make_visible(aws, range(10))
    make_visible(aws, range(10, 12))

    assert ids(peek(aws.client("sqs"), URL, most=50)) == [f"m{number}" for number in range(12)]


def test_no_more_messages_than_requested_are_received(aws: FakeAws) -> None:
    receive(aws, message(1), most=2)
    receive(aws, message(2), most=1)
    make_visible(aws, [1, 2])

    assert ids(peek(aws.client("sqs"), URL, most=2)) == ["m1", "m2"]


def test_a_message_that_is_received_twice_counts_once(aws: FakeAws) -> None:
    receive(aws, message(1))
    receive(aws, message(1))
    make_visible(aws, [1])

    assert ids(peek(aws.client("sqs"), URL, most=50)) == ["m1"]


def test_received_messages_are_visible_again_also_where_sqs_fails_in_between(aws: FakeAws) -> None:
    receive(aws, message(1))
    aws.stub("sqs").add_client_error("receive_message", "AccessDenied")
    make_visible(aws, [1])

    with pytest.raises(ClientError):
        peek(aws.client("sqs"), URL, most=50)


class Rows:
    """The table, and which uploads were read from it."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.read: list[tuple[str, str]] = []

    def __call__(self, upload: Upload) -> Mapping[str, Any]:
        self.read.append((upload.object, upload.version))
        return self.row


def on_failure(key: str = "") -> str:
    text = (EVENTS / "on-failure-s3.json").read_text()
    return text.replace("selfies/7f3a9c/live.jpg", key) if key else text


def test_reason_and_time_of_an_upload_are_those_of_its_row() -> None:
    rows = Rows(FAILED_ROW)

    assert list(failures(message(1, on_failure(), reason="service_fault"), rows)) == [
        Failure(OBJECT, VERSION, "account_blocked (ResourceUnavailable.InArrears)", DECIDED_AT)
    ]
    assert rows.read == [(OBJECT, VERSION)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, "no verdict in the table"),
        ({"lease_token": "another"}, "no verdict in the table"),
        ({"outcome": "live", "decided_at": "2026-11-20T10:42:03.500Z"}, "decided meanwhile: live"),
    ],
)
def test_without_a_failed_row_the_reason_says_so_and_the_time_is_the_messages(
    row: Mapping[str, Any], reason: str
) -> None:
    listed = list(failures(message(1, on_failure()), Rows(row)))

    assert listed == [Failure(OBJECT, VERSION, reason, SENT_AT)]


@pytest.mark.parametrize("row", [{}, {"lease_token": "another"}])
def test_without_a_verdict_in_the_table_the_reason_is_the_messages(row: Mapping[str, Any]) -> None:
    listed = list(failures(message(1, on_failure(), reason="foreign_bucket"), Rows(row)))

    assert listed == [Failure(OBJECT, VERSION, "foreign_bucket", SENT_AT)]


def test_a_failed_row_without_a_reason_has_that_of_the_message() -> None:
    row = {"outcome": "failed", "decided_at": FAILED_ROW["decided_at"]}

    listed = [
        failure.reason
        for reason in ("service_fault", "")
        for failure in failures(message(1, on_failure(), reason), Rows(row))
    ]

    assert listed == ["service_fault", "unknown"]


def test_a_message_that_is_no_upload_is_listed_by_its_id_and_never_by_its_content() -> None:
    unreadable = message(1, "password=hunter2", reason="unknown_event")

    (listed,) = failures(unreadable, Rows({}))

    assert listed == Failure("message m1", "", "unreadable: body: not JSON", SENT_AT)


def test_of_a_message_that_is_readable_in_part_both_parts_are_listed() -> None:
    event = json.loads((EVENTS / "s3-object-created.json").read_text())
    event["Records"].append({"secret": "hunter2"})

    upload, rest = failures(message(1, json.dumps(event)), Rows(FAILED_ROW))

    assert upload.name == OBJECT
    assert rest.name == "message m1"
    assert "hunter2" not in rest.reason


def test_the_oldest_comes_first(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    receive(aws, message(1, on_failure("new.jpg")), message(2, on_failure("old.jpg")))
    receive(aws)
    make_visible(aws, [1, 2])
    get_row(aws, FAILED_ROW, "new.jpg")
    get_row(aws, {}, "old.jpg")
    count(aws, 1, in_flight=1)

    assert aws.run("failed") == 0

    listed = capsys.readouterr().out
    assert listed.index("old.jpg") < listed.index("new.jpg")
    assert "2026-11-20 10:42:03" in listed
    assert "account_blocked (ResourceUnavailable.InArrears)" in listed
    assert "2 messages in FailedUploads.\n" in listed
    assert "make replay" in listed


def test_it_says_when_there_are_more_than_are_listed(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    receive(aws, message(1, on_failure()), most=1)
    make_visible(aws, [1])
    get_row(aws, FAILED_ROW)
    count(aws, 2500)

    assert aws.run("failed", "--most", "1") == 0

    assert "2,500 messages in FailedUploads, 1 of them listed (--most N lists more).\n" in (
        capsys.readouterr().out
    )


def test_an_empty_queue_is_reported_as_empty(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    receive(aws)
    count(aws, 0)

    assert aws.run("failed") == 0
    assert capsys.readouterr().out == "FailedUploads is empty.\n"


def test_a_key_cannot_control_the_terminal() -> None:
    assert printable("ünï 1/\x1b[31mred\r\x07") == r"ünï 1/\x1b[31mred\r\x07"


@pytest.mark.parametrize("most", ["0", "-1", "many"])
def test_at_least_one_message_must_be_requested(
    most: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["failed", f"--most={most}"])

    assert f"'{most}' is not a number, 1 or more" in capsys.readouterr().err
