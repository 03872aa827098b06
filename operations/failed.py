"""``make failed``: lists what lies in FailedUploads, and leaves it there.

What, why and since when come from the verdicts table. A message that is no upload is shown by its
id, never by its content.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table
from rich.text import Text

from liveness.errors import NotAnUpload
from liveness.events import uploads_in
from liveness.model import Outcome, Upload
from operations.printed import console, printable
from operations.queue import BATCH, counted, described, output
from operations.stack import DEFAULT_NAME, StackNotFound, outputs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MOST = 100

# Long enough to look at all of them. Should this command die in between, they are back after it.
HELD_SECONDS = 30

# SQS asks all of its servers only where it may wait: without, messages would be overlooked.
_WAIT_SECONDS = 1

type RowOf = Callable[[Upload], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Failed:
    """One upload that waits for a person, or one message that is no upload.

    `since` is when it was given up, else when its message was sent.
    """

    what: str
    version: str
    reason: str
    since: datetime


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the list; 0 also where it is long, 1 where it cannot be had."""
    parser = argparse.ArgumentParser(prog="make failed", description=__doc__)
    parser.add_argument("--stack", default=DEFAULT_NAME)
    parser.add_argument(
        "--most", type=at_least_one, default=MOST, help="messages to look at (%(default)s)"
    )
    asked = parser.parse_args(arguments)
    try:
        stack = outputs(asked.stack)
        sqs, table = boto3.client("sqs"), output(stack, "VerdictsTableName")
        queue_url = output(stack, "FailedUploadsQueueUrl")
        messages = peek(sqs, queue_url, asked.most)
        lines = [line for message in messages for line in failures(message, rows(table))]
        waiting = max(described(sqs, queue_url).messages, len(messages))
    except StackNotFound as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except (ClientError, BotoCoreError) as fault:
        sys.stderr.write(f"FailedUploads cannot be read: {fault}\n")
        return 1
    show(lines, looked_at=len(messages), waiting=waiting)
    return 0


def peek(sqs: SQSClient, queue_url: str, most: int) -> Sequence[MessageTypeDef]:
    """Look at up to so many messages and give them back."""
    held: dict[str, MessageTypeDef] = {}
    try:
        while len(held) < most:
            found = sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=min(BATCH, most - len(held)),
                VisibilityTimeout=HELD_SECONDS,
                WaitTimeSeconds=_WAIT_SECONDS,
                MessageSystemAttributeNames=["SentTimestamp"],
            ).get("Messages", [])
            seen = len(held)
            held |= {message["MessageId"]: message for message in found}
            if len(held) == seen:
                break
    finally:
        _give_back(sqs, queue_url, list(held.values()))
    return list(held.values())


def _give_back(sqs: SQSClient, queue_url: str, messages: Sequence[MessageTypeDef]) -> None:
    for start in range(0, len(messages), BATCH):
        sqs.change_message_visibility_batch(
            QueueUrl=queue_url,
            Entries=[
                {
                    "Id": str(number),
                    "ReceiptHandle": message["ReceiptHandle"],
                    "VisibilityTimeout": 0,
                }
                for number, message in enumerate(messages[start : start + BATCH])
            ],
        )


def failures(message: MessageTypeDef, row_of: RowOf) -> Iterator[Failed]:
    """What a message tells of: its uploads, and what of it cannot be read."""
    milliseconds = int(message["Attributes"]["SentTimestamp"])
    sent_at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    try:
        for upload in uploads_in({"eventSource": "aws:sqs", "body": message["Body"]}):
            yield _failure(upload, row_of(upload), sent_at)
    except NotAnUpload as unread:
        # Its text names places in the message and quotes nothing of it.
        yield Failed(f"message {message['MessageId']}", "", f"unreadable: {unread}", sent_at)


def _failure(upload: Upload, row: Mapping[str, Any], sent_at: datetime) -> Failed:
    match row:
        case {"outcome": Outcome.FAILED, "decided_at": str(decided_at)}:
            reason = str(row.get("reason", "unknown"))
            reason += f" ({row['error_code']})" if "error_code" in row else ""
            since = datetime.fromisoformat(decided_at)
        case {"outcome": outcome}:
            reason, since = f"answered meanwhile: {outcome}", sent_at
        case _:
            reason, since = "no answer in the table", sent_at
    return Failed(upload.object, upload.version, reason, since)


def rows(table: str) -> RowOf:
    """Read rows of the verdicts table, as they are now."""
    reader = boto3.resource("dynamodb").Table(table)

    def row_of(upload: Upload) -> Mapping[str, Any]:
        key = {"object": upload.object, "version": upload.version}
        return reader.get_item(Key=key, ConsistentRead=True).get("Item", {})

    return row_of


def show(lines: Sequence[Failed], *, looked_at: int, waiting: int) -> None:
    """Print the table and what to do next."""
    if not waiting:
        sys.stdout.write("FailedUploads is empty.\n")
        return
    table = Table()
    table.add_column("since (UTC)", no_wrap=True)
    for heading in ("reason", "object", "version"):
        table.add_column(heading, overflow="fold")
    for line in sorted(lines, key=lambda line: line.since):
        told = (line.reason, line.what, line.version)
        table.add_row(f"{line.since:%Y-%m-%d %H:%M:%S}", *(Text(printable(each)) for each in told))
    console().print(table)
    sys.stdout.write(f"{counted(waiting)} in FailedUploads")
    if looked_at < waiting:
        sys.stdout.write(f", {looked_at:,} of them looked at (--most looks at more)")
    sys.stdout.write(".\n`make replay` tries them all again, once what kept them is mended.\n")


def at_least_one(text: str) -> int:
    """A number of messages, as the command line gives it. Raises ValueError."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    raise SystemExit(main())
