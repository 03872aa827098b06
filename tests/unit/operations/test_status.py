"""What make status counts and tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY, Stubber

from liveness.model import Outcome
from operations.log import Line
from operations.status import Depth, Fault, Status, answers, depth, faults, main, show

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

AT = datetime(2026, 11, 20, 10, 42, 3, tzinfo=UTC)
URL = "https://sqs.example/123456789012/selfie-liveness-retry"


def no_answer(second: int, upload: str, reason: str, **fields: object) -> Line:
    told = {"message": "no answer yet", "upload_id": upload, "reason": reason, **fields}
    return Line(AT + timedelta(seconds=second), "{}", told)


def attempt(code: str) -> dict[str, object]:
    return {"ms": 120, "code": code}


def test_answers_are_counted_over_all_pages_of_the_index_from_a_moment_on(
    dynamodb: DynamoDBClient,
) -> None:
    client: Any = dynamodb
    with Stubber(client) as told:
        for outcome, counts in {"live": (3, 2), "not_live": (1,), "retake": (0,)}.items():
            for page, count in enumerate(counts):
                more = {"LastEvaluatedKey": {"object": {"S": "s3://b/k"}}}
                told.add_response(
                    "query",
                    {"Count": count} | (more if page + 1 < len(counts) else {}),
                    {
                        "TableName": "verdicts",
                        "IndexName": "by_outcome",
                        "KeyConditionExpression": ANY,
                        "ExpressionAttributeValues": {
                            ":outcome": {"S": outcome},
                            ":since": {"S": "2026-11-20T10:42:03.000Z"},
                        },
                        "Select": "COUNT",
                    }
                    | ({"ExclusiveStartKey": ANY} if page else {}),
                )
        told.add_response("query", {"Count": 4})

        counted = answers(dynamodb, "verdicts", AT)

    assert counted == {
        Outcome.LIVE: 5,
        Outcome.NOT_LIVE: 1,
        Outcome.RETAKE: 0,
        Outcome.FAILED: 4,
    }


@pytest.mark.parametrize(
    ("ages", "oldest"), [([90.0, 30.0], timedelta(seconds=90)), ([], None)], ids=["told", "not"]
)
def test_a_queue_is_told_with_what_is_in_flight_and_the_age_that_cloudwatch_heard_last(
    sqs: SQSClient,
    told: Stubber,
    cloudwatch: CloudWatchClient,
    ages: list[float],
    oldest: timedelta | None,
) -> None:
    depths = {
        "ApproximateNumberOfMessages": "2",
        "ApproximateNumberOfMessagesNotVisible": "7",
    }
    told.add_response("get_queue_attributes", {"Attributes": depths})
    client: Any = cloudwatch
    with Stubber(client) as heard:
        answer = {"MetricDataResults": [{"Id": "oldest", "Values": ages}]}
        heard.add_response("get_metric_data", answer)

        assert depth(sqs, cloudwatch, URL, AT) == Depth(2, 7, oldest)


def test_tries_without_an_answer_are_grouped_by_reason_and_code_the_latest_first() -> None:
    blocked = "ResourceUnavailable.InArrears"
    lines = [
        no_answer(1, "a", "account_blocked", attempts=[attempt(blocked)]),
        no_answer(3, "a", "account_blocked", attempts=[attempt(blocked)]),
        no_answer(2, "b", "account_blocked", attempts=[attempt(blocked)]),
        no_answer(9, "c", "storage_fault", error="dynamodb: Throttled"),
        no_answer(4, "d", "service_fault", attempts=[attempt("InternalError"), {"ms": 1}]),
    ]

    assert faults(lines) == [
        Fault("storage_fault", "dynamodb: Throttled", 1, 1, AT + timedelta(seconds=9)),
        Fault("service_fault", "InternalError", 1, 1, AT + timedelta(seconds=4)),
        Fault("account_blocked", blocked, 3, 2, AT + timedelta(seconds=3)),
    ]


def test_all_of_it_is_shown_and_what_to_do_where_somebody_is_needed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counts = {Outcome.LIVE: 1_500, Outcome.NOT_LIVE: 500, Outcome.RETAKE: 0, Outcome.FAILED: 0}
    queues = {"RetryQueue": Depth(0, 3, None), "FailedUploads": Depth(2, 0, timedelta(hours=1))}
    found = [Fault("account_blocked", "ActionOffline\x1b[31m", 3, 2, AT)]

    show(Status("ours", AT, counts, queues, found))

    shown = capsys.readouterr().out
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines()]
    assert "ours, 2026-11-20 10:42:03 UTC" in shown
    assert ["live", "1,500", "75%"] in cells
    assert ["RetryQueue", "0", "3", "unknown"] in cells
    assert ["FailedUploads", "2", "0", "1:00:00"] in cells
    assert ["10:42:03", "account_blocked", r"ActionOffline\x1b[31m", "3", "2"] in cells
    assert "`make failed`" in shown


def test_nothing_at_all_is_shown_as_that(capsys: pytest.CaptureFixture[str]) -> None:
    counts = dict.fromkeys(Outcome, 0)
    queues = {"RetryQueue": Depth(0, 0, None), "FailedUploads": Depth(0, 0, None)}

    show(Status("ours", AT, counts, queues, []))

    shown = capsys.readouterr().out
    assert "No try was without an answer in the last hour." in shown
    assert "make failed" not in shown


def test_a_stack_that_cannot_be_read_is_one_line_and_a_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    assert main(["--stack", "ours"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("The stack 'ours' cannot be read")
    assert told.err.count("\n") == 1
