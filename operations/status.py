"""``make status``: how it goes, by the last hour's answers, the queues, and what failed."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table
from rich.text import Text

from liveness.model import Outcome, as_text
from operations.log import Line, Log
from operations.printed import console, printable
from operations.queue import output
from operations.stack import DEFAULT_NAME, StackNotFound, outputs

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

HOUR = timedelta(hours=1)
MOST_FAULTS = 10
# CloudWatch hears of a queue once a minute, a little late.
_HEARD_WITHIN = timedelta(minutes=5)
_QUEUES = {"RetryQueue": "RetryQueueUrl", "FailedUploads": "FailedUploadsQueueUrl"}


@dataclass(frozen=True, slots=True)
class Depth:
    """What a queue holds: to be received, in flight, and how old the oldest is, where known."""

    shown: int
    in_flight: int
    oldest: timedelta | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason for which uploads had no answer: how often, for how many, and when last."""

    reason: str
    code: str
    tries: int
    uploads: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, at one moment."""

    stack: str
    at: datetime
    answers: Mapping[Outcome, int]
    queues: Mapping[str, Depth]
    faults: Sequence[Fault]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print it; 0 however it goes, 1 where it cannot be had."""
    parser = argparse.ArgumentParser(prog="make status", description=__doc__)
    parser.add_argument("--stack", default=DEFAULT_NAME)
    asked = parser.parse_args(arguments)
    try:
        status = look(asked.stack, datetime.now(UTC))
    except KeyboardInterrupt:
        return 130
    except StackNotFound as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except (ClientError, BotoCoreError) as fault:
        sys.stderr.write(
            f"The status cannot be read: {fault}. docs/operating.md#permissions lists what it "
            "takes.\n"
        )
        return 1
    show(status)
    return 0


def look(stack: str, now: datetime) -> Status:
    """Ask AWS. Raises StackNotFound, or what boto3 raises."""
    told = outputs(stack)
    sqs, cloudwatch = boto3.client("sqs"), boto3.client("cloudwatch")
    log = Log.of(boto3.client("logs"), output(told, "CheckLivenessFunctionName"))
    return Status(
        stack,
        now,
        answers(boto3.client("dynamodb"), output(told, "VerdictsTableName"), now - HOUR),
        {name: depth(sqs, cloudwatch, output(told, url), now) for name, url in _QUEUES.items()},
        faults(log.without_answer(now - HOUR)),
    )


def answers(dynamodb: DynamoDBClient, table: str, since: datetime) -> Mapping[Outcome, int]:
    """How many uploads came to each outcome from a moment on, by the index of outcomes."""
    pages = dynamodb.get_paginator("query")
    return {
        outcome: sum(
            page["Count"]
            for page in pages.paginate(
                TableName=table,
                IndexName="by_outcome",
                KeyConditionExpression="outcome = :outcome AND decided_at >= :since",
                ExpressionAttributeValues={
                    ":outcome": {"S": outcome.value},
                    ":since": {"S": as_text(since)},
                },
                Select="COUNT",
            )
        )
        for outcome in Outcome
    }


def depth(sqs: SQSClient, cloudwatch: CloudWatchClient, url: str, now: datetime) -> Depth:
    """What SQS and CloudWatch tell of a queue; looking at messages would count as a try."""
    told = sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    ages = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {
                "Id": "oldest",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SQS",
                        "MetricName": "ApproximateAgeOfOldestMessage",
                        "Dimensions": [{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
        ],
        StartTime=now - _HEARD_WITHIN,
        EndTime=now,
        ScanBy="TimestampDescending",
    )["MetricDataResults"][0]["Values"]
    return Depth(
        int(told["ApproximateNumberOfMessages"]),
        int(told["ApproximateNumberOfMessagesNotVisible"]),
        timedelta(seconds=ages[0]) if ages else None,
    )


def faults(lines: Iterable[Line]) -> Sequence[Fault]:
    """Tries without an answer by reason and code, the latest first."""
    alike: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        alike[line.reason, line.code].append(line)
    found = [
        Fault(
            reason,
            code,
            tries=len(of),
            uploads=len({line.fields.get("upload_id") for line in of}),
            last=max(line.at for line in of),
        )
        for (reason, code), of in alike.items()
    ]
    return sorted(found, key=lambda fault: fault.last, reverse=True)


def show(status: Status) -> None:
    """Print three tables and, where somebody is needed, what to do."""
    out = console()
    out.print(Text(f"{status.stack}, {status.at:%Y-%m-%d %H:%M:%S} UTC", style="bold"))
    out.print(_answers_table(status.answers))
    out.print(_queues_table(status.queues))
    if status.faults:
        out.print(_faults_table(status.faults))
    else:
        out.print("No try was without an answer in the last hour.")
    if status.queues["FailedUploads"].shown:
        out.print("`make failed` lists what was given up, and why.")


def _answers_table(counts: Mapping[Outcome, int]) -> Table:
    table = Table(title="Answers of the last hour", title_justify="left")
    table.add_column("outcome")
    table.add_column("uploads", justify="right")
    table.add_column("share", justify="right")
    every = sum(counts.values())
    for outcome, count in counts.items():
        table.add_row(outcome.value, f"{count:,}", f"{count / every:.0%}" if every else "")
    return table


def _queues_table(queues: Mapping[str, Depth]) -> Table:
    table = Table(title="Queues", title_justify="left")
    table.add_column("queue")
    for heading in ("to be received", "in flight", "oldest"):
        table.add_column(heading, justify="right")
    for name, of in queues.items():
        oldest = "unknown" if of.oldest is None else str(of.oldest)
        table.add_row(name, f"{of.shown:,}", f"{of.in_flight:,}", oldest)
    return table


def _faults_table(found: Sequence[Fault]) -> Table:
    table = Table(title="Tries without an answer in the last hour", title_justify="left")
    table.add_column("last (UTC)", no_wrap=True)
    for heading in ("reason", "code"):
        table.add_column(heading, overflow="fold")
    for heading in ("tries", "uploads"):
        table.add_column(heading, justify="right")
    for fault in found[:MOST_FAULTS]:
        table.add_row(
            f"{fault.last:%H:%M:%S}",
            Text(printable(fault.reason)),
            Text(printable(fault.code)),
            f"{fault.tries:,}",
            f"{fault.uploads:,}",
        )
    return table


if __name__ == "__main__":
    raise SystemExit(main())
