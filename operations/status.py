"""Show the verdicts of the last hour, the queues, and the errors.

Verdicts are counted by outcome. Errors are attempts that ended without a verdict: the upload is
processed again later.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from liveness.models import Outcome
from liveness.verdict_record import iso_8601
from operations.console import Row, print_table
from operations.log_records import NO_VERDICT, LogGroup, LogRecord
from operations.queue import QUEUES, describe_queue
from operations.stack import Stack

HOUR = timedelta(hours=1)
MAX_ERRORS = 10
# CloudWatch gets a queue's metrics once a minute, a little late.
_METRIC_DELAY = timedelta(minutes=5)


def run(_arguments: argparse.Namespace, stack: Stack) -> int:
    """Print three tables and, where an operator is needed, what to do; 0 whatever they say."""
    now = datetime.now(UTC)
    verdicts = verdict_rows(stack, now - HOUR)
    queues = [queue_row(stack, name, url, now) for name, url in QUEUES.items()]
    errors = error_rows(LogGroup(stack).attempts(now - HOUR, message=NO_VERDICT))
    print(f"{stack.name}, {now:%Y-%m-%d %H:%M:%S} UTC")
    print_table("Verdicts of the last hour", ["outcome"], ["uploads", "share"], verdicts)
    print_table("Queues", ["queue"], ["visible", "in flight", "oldest"], queues)
    if errors:
        texts, numbers = ["last (UTC)", "reason", "code"], ["attempts", "uploads"]
        title = "Attempts without a verdict in the last hour"
        print_table(title, texts, numbers, errors[:MAX_ERRORS])
    else:
        print("No attempt ended without a verdict in the last hour.")
    if queues[1][1] != "0":
        print("`make failed` lists the messages in FailedUploads, with the reason.")
    return 0


def verdict_rows(stack: Stack, since: datetime) -> Sequence[Row]:
    """Count the verdicts of each outcome since a moment, by the index of outcomes."""
    paginator = stack.session.client("dynamodb").get_paginator("query")

    def count(outcome: Outcome) -> int:
        pages = paginator.paginate(
            TableName=stack.output("VerdictsTableName"),
            IndexName="by_outcome",
            KeyConditionExpression="outcome = :outcome AND decided_at >= :since",
            ExpressionAttributeValues={
                ":outcome": {"S": outcome.value},
                ":since": {"S": iso_8601(since)},
            },
            Select="COUNT",
        )
        return sum(page["Count"] for page in pages)

    counts = {outcome: count(outcome) for outcome in Outcome}
    total = sum(counts.values())
    return [
        (outcome.value, f"{number:,}", f"{number / total:.0%}" if total else "")
        for outcome, number in counts.items()
    ]


def queue_row(stack: Stack, name: str, output: str, now: datetime) -> Row:
    """Count a queue's messages; the oldest one's age is CloudWatch's, and may be unknown.

    Receiving messages to find it out would count as a delivery attempt.
    """
    url = stack.output(output)
    queue = describe_queue(stack.session.client("sqs"), url)
    ages = stack.session.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
        StartTime=now - _METRIC_DELAY,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    latest = max(ages, key=lambda age: age["Timestamp"], default=None)
    oldest = str(timedelta(seconds=latest["Maximum"])) if latest else "unknown"
    return name, f"{queue.visible:,}", f"{queue.in_flight_or_delayed:,}", oldest


def error_rows(records: Iterable[LogRecord]) -> Sequence[Row]:
    """Group attempts without a verdict by reason and code, the latest first."""
    groups: dict[tuple[str, str], list[LogRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.at):
        groups[record.reason, record.code].append(record)
    latest_first = sorted(groups.items(), key=lambda group: group[1][-1].at, reverse=True)
    return [
        (
            f"{group[-1].at:%H:%M:%S}",
            reason,
            code,
            f"{len(group):,}",
            f"{len({record.fields.get('upload_id') for record in group}):,}",
        )
        for (reason, code), group in latest_first
    ]
