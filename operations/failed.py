"""List the messages in FailedUploads, with the reason, and leave them there.

Reason and time come from the verdicts table, or else from the message. A message that describes no
upload is listed by its id, never by its content. `make replay` sends all of them to RetryQueue.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from liveness.errors import UnknownEventError
from liveness.events import uploads_in
from liveness.models import Outcome, Upload
from operations.arguments import at_least_one
from operations.console import counted, print_table
from operations.queue import Receiver, describe_queue
from operations.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# Seconds, for all of them to be received. If this command dies, they are visible again after it.
VISIBILITY_TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Failure:
    """An upload in FailedUploads, or a message that describes none.

    `name` is the object, or the message's id. `since` is when `failed` was decided, or else when
    the message was sent.
    """

    name: str
    version: str
    reason: str
    since: datetime


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --most."""
    text = "list at most N messages (default: %(default)s)"
    parser.add_argument("--most", type=at_least_one, default=100, metavar="N", help=text)


def run(arguments: argparse.Namespace, stack: Stack) -> int:
    """Print the list and what to do next; 0 also where it is empty."""
    sqs, queue_url = stack.session.client("sqs"), stack.output("FailedUploadsQueueUrl")
    table, dynamodb = stack.output("VerdictsTableName"), stack.session.client("dynamodb")
    messages = peek(sqs, queue_url, arguments.most)
    row_of = partial(read_row, dynamodb, table)
    found = [failure for message in messages for failure in failures(message, row_of)]
    total = max(describe_queue(sqs, queue_url).messages, len(messages))
    if not total:
        print("FailedUploads is empty.")
        return 0
    lines = [
        (f"{each.since:%Y-%m-%d %H:%M:%S}", each.reason, each.name, each.version)
        for each in sorted(found, key=lambda each: each.since)
    ]
    print_table("FailedUploads", ["since (UTC)", "reason", "object", "version"], [], lines)
    more = f", {len(messages):,} of them listed (--most N lists more)"
    print(f"{counted(total, 'message')} in FailedUploads{more if len(messages) < total else ''}.")
    print("Fix the cause; then `make replay` sends all of them to RetryQueue again.")
    return 0


def peek(sqs: SQSClient, queue_url: str, most: int) -> Sequence[MessageTypeDef]:
    """Receive up to so many messages and make them visible again."""
    receiver = Receiver(sqs, queue_url, VISIBILITY_TIMEOUT)
    try:
        receiver.receive(most)
        return list(receiver.received.values())
    finally:
        receiver.release()


def failures(
    message: MessageTypeDef, row_of: Callable[[Upload], Mapping[str, Any]]
) -> Iterator[Failure]:
    """Yield the uploads of a message, then what of it cannot be read."""
    sent_at = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    attributes = message.get("MessageAttributes", {})
    # The function sets it when it dead-letters a message.
    reason = attributes["reason"].get("StringValue", "") if "reason" in attributes else ""
    try:
        for upload in uploads_in({"eventSource": "aws:sqs", "body": message["Body"]}):
            yield _failure(upload, row_of(upload), reason, sent_at)
    except UnknownEventError as error:
        # Its text names places in the message and quotes nothing of it.
        yield Failure(f"message {message['MessageId']}", "", f"unreadable: {error}", sent_at)


def _failure(upload: Upload, row: Mapping[str, Any], reason: str, since: datetime) -> Failure:
    match row:
        case {"outcome": Outcome.FAILED, "decided_at": str(decided_at)}:
            reason = str(row.get("reason", reason or "unknown"))
            reason += f" ({row['error_code']})" if "error_code" in row else ""
            since = datetime.fromisoformat(decided_at)
        case {"outcome": outcome}:
            reason = f"decided meanwhile: {outcome}"
    return Failure(upload.object, upload.version, reason or "no verdict in the table", since)


def read_row(dynamodb: DynamoDBClient, table: str, upload: Upload) -> Mapping[str, str]:
    """Read the texts of an upload's row in the verdicts table, as they are now."""
    key = {"object": {"S": upload.object}, "version": {"S": upload.version}}
    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
    return {name: value["S"] for name, value in item.items() if "S" in value}
