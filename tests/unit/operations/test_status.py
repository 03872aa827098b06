"""`status` shows the verdicts of the last hour, the queues, and the errors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY

from operations.log_records import LogRecord
from operations.status import error_rows, queue_row, verdict_rows
from tests.unit.operations.conftest import OUTPUTS, FakeAws

AT = datetime(2026, 11, 20, 10, 42, 3, tzinfo=UTC)


def no_verdict(second: int, upload: str, reason: str, **fields: object) -> LogRecord:
    record = {"message": "no verdict yet", "upload_id": upload, "reason": reason, **fields}
    return LogRecord(AT + timedelta(seconds=second), json.dumps(record), record)


def attempt(code: str) -> dict[str, object]:
    return {"duration_ms": 120, "code": code}


def count_verdicts(aws: FakeAws, counts: Mapping[str, Sequence[int]], since: Any = ANY) -> None:
    """Respond with the pages of each outcome."""
    for outcome, pages in counts.items():
        for page, count in enumerate(pages):
            more = {"LastEvaluatedKey": {"object": {"S": "s3://b/k"}}}
            aws.stub("dynamodb").add_response(
                "query",
                {"Count": count} | (more if page + 1 < len(pages) else {}),
                {
                    "TableName": OUTPUTS["VerdictsTableName"],
                    "IndexName": "by_outcome",
                    "KeyConditionExpression": ANY,
                    "ExpressionAttributeValues": {
                        ":outcome": {"S": outcome},
                        ":since": since if since is ANY else {"S": since},
                    },
                    "Select": "COUNT",
                }
                | ({"ExclusiveStartKey": ANY} if page else {}),
            )


def describe(aws: FakeAws, name: str, visible: int, in_flight: int, ages: Sequence[float]) -> None:
    """Respond with a queue's counts, and the ages of its oldest message, the latest first."""
    depths = {
        "QueueArn": "arn",
        "ApproximateNumberOfMessages": str(visible),
        "ApproximateNumberOfMessagesNotVisible": str(in_flight),
    }
    url = f"https://sqs.example/1/{name}"
    aws.stub("sqs").add_response(
        "get_queue_attributes",
        {"Attributes": depths},
        {"QueueUrl": url, "AttributeNames": ["All"]},
    )
    datapoints = [
        {"Timestamp": AT - timedelta(minutes=minutes), "Maximum": age}
        for minutes, age in enumerate(ages)
    ]
    aws.stub("cloudwatch").add_response(
        "get_metric_statistics",
        {"Datapoints": datapoints[::-1]},
        {
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateAgeOfOldestMessage",
            "Dimensions": [{"Name": "QueueName", "Value": name}],
            "StartTime": ANY,
            "EndTime": ANY,
            "Period": 60,
            "Statistics": ["Maximum"],
        },
    )


def log(aws: FakeAws, *records: LogRecord) -> None:
    events = [
        {"timestamp": round(record.at.timestamp() * 1000), "message": record.text}
        for record in records
    ]
    aws.stub("logs").add_response("filter_log_events", {"events": events})


def test_verdicts_are_counted_over_all_pages_of_the_index_since_a_moment(aws: FakeAws) -> None:
    pages = {"live": (3, 2), "not_live": (1,), "retake": (0,), "failed": (4,)}
    count_verdicts(aws, pages, "2026-11-20T10:42:03.000Z")

    assert verdict_rows(aws.stack, AT) == [
        ("live", "5", "50%"),
        ("not_live", "1", "10%"),
        ("retake", "0", "0%"),
        ("failed", "4", "40%"),
    ]


@pytest.mark.parametrize(
    ("ages", "oldest"), [([90.0, 30.0], "0:01:30"), ([], "unknown")], ids=["known", "unknown"]
)
def test_a_queue_has_its_counts_and_the_latest_age_that_cloudwatch_has(
    ages: list[float], oldest: str, aws: FakeAws
) -> None:
    describe(aws, "ours-retry", 2, 7, ages)

    row = queue_row(aws.stack, "RetryQueue", "RetryQueueUrl", AT)

    assert row == ("RetryQueue", "2", "7", oldest)


def test_attempts_without_a_verdict_are_grouped_by_reason_and_code_the_latest_first() -> None:
    blocked = "ResourceUnavailable.InArrears"
    records = [
        no_verdict(1, "a", "account_blocked", detection_attempts=[attempt(blocked)]),
        no_verdict(3, "a", "account_blocked", detection_attempts=[attempt(blocked)]),
        no_verdict(2, "b", "account_blocked", detection_attempts=[attempt(blocked)]),
        no_verdict(9, "c", "storage_fault", error="dynamodb: Throttled"),
        no_verdict(
            4,
            "d",
            "service_fault",
            detection_attempts=[attempt("InternalError"), {"duration_ms": 1}],
        ),
    ]

    assert error_rows(records) == [
        ("10:42:12", "storage_fault", "dynamodb: Throttled", "1", "1"),
        ("10:42:07", "service_fault", "InternalError", "1", "1"),
        ("10:42:06", "account_blocked", blocked, "3", "2"),
    ]


def test_all_of_it_is_shown_and_what_to_do_where_an_operator_is_needed(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    count_verdicts(aws, {"live": (1500,), "not_live": (500,), "retake": (0,), "failed": (0,)})
    describe(aws, "ours-retry", 0, 3, [])
    describe(aws, "ours-failed", 2, 0, [3600])
    code = attempt("ActionOffline\x1b[31m")
    log(aws, no_verdict(0, "a", "account_blocked", detection_attempts=[code]))

    assert aws.run("status") == 0

    shown = capsys.readouterr().out
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines()]
    assert shown.startswith("ours, 20")
    assert " UTC\n" in shown
    assert ["live", "1,500", "75%"] in cells
    assert ["RetryQueue", "0", "3", "unknown"] in cells
    assert ["FailedUploads", "2", "0", "1:00:00"] in cells
    assert ["10:42:03", "account_blocked", r"ActionOffline\x1b[31m", "1", "1"] in cells
    assert "`make failed`" in shown


def test_an_hour_without_uploads_is_shown_as_that(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    count_verdicts(aws, {"live": (0,), "not_live": (0,), "retake": (0,), "failed": (0,)})
    describe(aws, "ours-retry", 0, 0, [])
    describe(aws, "ours-failed", 0, 0, [])
    log(aws)

    assert aws.run("status") == 0

    shown = capsys.readouterr().out
    assert "No attempt ended without a verdict in the last hour." in shown
    assert "make failed" not in shown
