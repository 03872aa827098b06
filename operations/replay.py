"""Send all messages in FailedUploads to RetryQueue, which processes them again.

On AWS, SQS moves them in a task of its own, which continues if this command is interrupted; run
the command again to follow it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from liveness.aws.errors import error_code
from operations.console import counted
from operations.errors import UserError
from operations.queue import BATCH_SIZE, Queue, describe_queue
from operations.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

POLL_SECONDS = 2.0
# The answer of emulators that do not have an Action; SQS itself has them all.
_NO_SUCH_ACTION = "InvalidAction"


class Progress(NamedTuple):
    """How many messages were moved, of about how many in all."""

    moved: int
    total: int


def run(_arguments: argparse.Namespace, stack: Stack) -> int:
    """Move everything and print the progress; 0 once all of it was moved."""
    sqs, moved = stack.session.client("sqs"), 0
    failed = describe_queue(sqs, stack.output("FailedUploadsQueueUrl"))
    retry = describe_queue(sqs, stack.output("RetryQueueUrl"))
    try:
        for progress in replay(sqs, failed, retry, time.sleep):
            if progress.moved != moved:
                print(f"  {progress.moved:,} of about {progress.total:,}", flush=True)
            moved = progress.moved
    except BaseException as error:
        error.add_note(
            f"Moved {counted(moved, 'message')}. Run `make replay` again for the rest; a "
            "task of SQS that is running continues by itself."
        )
        raise
    if moved:
        print(f"{counted(moved, 'message')} went to RetryQueue, which retries them for two hours.")
        print("What fails again returns to FailedUploads: see `make failed`.")
    else:
        print("FailedUploads is empty: there was nothing to replay.")
    return 0


def replay(
    sqs: SQSClient, failed: Queue, retry: Queue, sleep: Callable[[float], None]
) -> Iterator[Progress]:
    """Move every message; raises UserError where SQS ends its task early.

    RetryQueue is named as the destination: a message that the function itself sent to
    FailedUploads has no source queue that SQS could return it to.
    """
    try:
        task, started_before = _latest_task(sqs, failed), 0
        if task.get("Status") != "RUNNING":
            started_before = task.get("StartedTimestamp", 0)
            sqs.start_message_move_task(SourceArn=failed.arn, DestinationArn=retry.arn)
    except ClientError as error:
        if error_code(error) != _NO_SUCH_ACTION:
            raise
        yield from _by_hand(sqs, failed, retry)
    else:
        yield from _by_task(sqs, failed, started_before, sleep)


def _latest_task(sqs: SQSClient, failed: Queue) -> Mapping[str, Any]:
    """Return the move task that started last; {} where there has been none."""
    tasks = sqs.list_message_move_tasks(SourceArn=failed.arn, MaxResults=1).get("Results", [])
    return {**tasks[0]} if tasks else {}


def _by_task(
    sqs: SQSClient, failed: Queue, started_before: int, sleep: Callable[[float], None]
) -> Iterator[Progress]:
    """Follow the latest task; for a moment SQS may still return the one before it."""
    while True:
        task = _latest_task(sqs, failed)
        if task.get("StartedTimestamp", 0) > started_before:
            total = task.get("ApproximateNumberOfMessagesToMove", failed.messages)
            yield Progress(task.get("ApproximateNumberOfMessagesMoved", 0), total)
            if task["Status"] == "COMPLETED":
                return
            if task["Status"] in {"FAILED", "CANCELLED"}:
                why = task.get("FailureReason", "no reason was given")
                raise UserError(f"SQS ended its task: {task['Status'].lower()} ({why}).")
        sleep(POLL_SECONDS)


def _by_hand(sqs: SQSClient, failed: Queue, retry: Queue) -> Iterator[Progress]:
    """Receive, send, delete, in this order: an interruption may duplicate, but loses nothing.

    Ends after as many as there were at the start: with a short schedule the first may have failed
    again by then.
    """
    moved = 0
    while moved < failed.messages:
        messages = sqs.receive_message(
            QueueUrl=failed.url,
            MaxNumberOfMessages=min(BATCH_SIZE, failed.messages - moved),
            VisibilityTimeout=60,  # seconds; what is not deleted by then is visible again
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return
        for message in messages:
            sqs.send_message(
                QueueUrl=retry.url,
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes", {}),
            )
            sqs.delete_message(QueueUrl=failed.url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
        yield Progress(moved, failed.messages)
