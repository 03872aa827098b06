"""``make replay``: sends what lies in FailedUploads back to RetryQueue for another try.

On AWS by a task of SQS itself, which goes on should this command be interrupted; called again, it
follows a task that is running.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from liveness.aws.faults import error_code
from operations.queue import BATCH, Queue, counted, described, output
from operations.stack import DEFAULT_NAME, StackNotFound, outputs

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ListMessageMoveTasksResultEntryTypeDef

POLL_SECONDS = 2.0

# A message that is neither sent nor deleted by then is shown again.
HELD_SECONDS = 60

# What engines that play SQS answer for an Action that they lack; SQS has them all.
_NO_SUCH_ACTION = "InvalidAction"


class ReplayStopped(Exception):
    """SQS ended its task early; what was not moved is still in FailedUploads."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How far it got; `of` is about how many there were at the start."""

    messages: int
    of: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Move everything and tell how it goes; 0 once all of it is moved."""
    parser = argparse.ArgumentParser(prog="make replay", description=__doc__)
    parser.add_argument("--stack", default=DEFAULT_NAME)
    asked = parser.parse_args(arguments)
    moved = Moved(0, 0)
    try:
        stack = outputs(asked.stack)
        sqs = boto3.client("sqs")
        failed = described(sqs, output(stack, "FailedUploadsQueueUrl"))
        retry = described(sqs, output(stack, "RetryQueueUrl"))
        for progress in replay(sqs, failed, retry, time.sleep):
            if progress != moved:
                sys.stdout.write(f"  {progress.messages:,} of about {progress.of:,}\n")
                sys.stdout.flush()
            moved = progress
    except KeyboardInterrupt:
        sys.stderr.write(
            f"Interrupted after {counted(moved.messages)}. SQS goes on with a task that it has "
            "begun; call again to follow it.\n"
        )
        return 130
    except StackNotFound as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except (ReplayStopped, ClientError, BotoCoreError) as fault:
        sys.stderr.write(f"Moved {counted(moved.messages)}, then it stopped: {fault}\n")
        return 1
    sys.stdout.write(conclusion(moved.messages))
    return 0


def replay(
    sqs: SQSClient, failed: Queue, retry: Queue, sleep: Callable[[float], None]
) -> Iterator[Moved]:
    """Move every message, yielding how far it got. Raises ReplayStopped, or what boto3 raises."""
    try:
        before = _latest_task(sqs, failed)
        if not before or before["Status"] != "RUNNING":
            sqs.start_message_move_task(SourceArn=failed.arn, DestinationArn=retry.arn)
        else:
            before = None
    except ClientError as error:
        if error_code(error) != _NO_SUCH_ACTION:
            raise
        yield from _by_hand(sqs, failed, retry)
    else:
        yield from _by_task(sqs, failed, before, sleep)


def _latest_task(sqs: SQSClient, failed: Queue) -> ListMessageMoveTasksResultEntryTypeDef | None:
    found = sqs.list_message_move_tasks(SourceArn=failed.arn, MaxResults=1).get("Results", [])
    return found[0] if found else None


def _by_task(
    sqs: SQSClient,
    failed: Queue,
    before: ListMessageMoveTasksResultEntryTypeDef | None,
    sleep: Callable[[float], None],
) -> Iterator[Moved]:
    """Follow the task that came after `before`, which SQS may go on telling of for a moment."""
    while True:
        task = _latest_task(sqs, failed)
        if task and not (before and task["StartedTimestamp"] == before["StartedTimestamp"]):
            yield Moved(
                task.get("ApproximateNumberOfMessagesMoved", 0),
                task.get("ApproximateNumberOfMessagesToMove", failed.messages),
            )
            if task["Status"] == "COMPLETED":
                return
            if task["Status"] in {"FAILED", "CANCELLED"}:
                why = task.get("FailureReason", "no reason was given")
                raise ReplayStopped(f"the task of SQS was {task['Status'].lower()} ({why})")
        sleep(POLL_SECONDS)


def _by_hand(sqs: SQSClient, failed: Queue, retry: Queue) -> Iterator[Moved]:
    """Receive, send, delete, in this order: what is interrupted is there twice, never not at all.

    Ends with as many as there were at the start: with a short schedule the first may be back.
    """
    moved = 0
    while moved < failed.messages:
        found = sqs.receive_message(
            QueueUrl=failed.url,
            MaxNumberOfMessages=min(BATCH, failed.messages - moved),
            VisibilityTimeout=HELD_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not found:
            return
        for message in found:
            sqs.send_message(
                QueueUrl=retry.url,
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes", {}),
            )
            sqs.delete_message(QueueUrl=failed.url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
        yield Moved(moved, failed.messages)


def conclusion(messages: int) -> str:
    """What has happened, and what to look at next."""
    if not messages:
        return "FailedUploads is empty: there was nothing to replay.\n"
    return (
        f"{counted(messages)} went back to RetryQueue, which tries each for about an hour.\n"
        "What fails again comes back: look with `make failed`.\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
