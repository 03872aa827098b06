"""A queue of the stack: how many messages it contains, and what they are, without losing one."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING

from operations.console import counted
from operations.errors import UserError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# The stack's outputs with their URLs, in the order in which messages move.
QUEUES = {"RetryQueue": "RetryQueueUrl", "FailedUploads": "FailedUploadsQueueUrl"}
# SQS's own limit of messages in one receive, and of entries in one batch.
BATCH_SIZE = 10
POLL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue, with the approximate numbers of its messages.

    Those in flight or delayed cannot be received now.
    """

    url: str
    arn: str
    visible: int
    in_flight_or_delayed: int = 0

    @property
    def messages(self) -> int:
        return self.visible + self.in_flight_or_delayed


def describe_queue(sqs: SQSClient, url: str) -> Queue:
    """Read a queue's attributes; SQS's counts are up to a minute old."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return Queue(
        url,
        attributes["QueueArn"],
        int(attributes["ApproximateNumberOfMessages"]),
        int(attributes["ApproximateNumberOfMessagesNotVisible"])
        + int(attributes.get("ApproximateNumberOfMessagesDelayed", "0")),
    )


def wait_until_empty(
    sqs: SQSClient,
    url: str,
    *,
    wait: float,
    settle: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Queue]:
    """Yield the queue's counts until it was empty for `settle` seconds at every look.

    SQS's counts are approximate and late, and what an invocation takes is in no queue. Raises
    UserError where there is a message after `wait` seconds.
    """
    deadline, empty_since = clock() + wait, float("inf")
    while True:
        queue = describe_queue(sqs, url)
        yield queue
        empty_since = float("inf") if queue.messages else min(empty_since, clock())
        if clock() - empty_since >= settle:
            return
        if queue.messages and clock() >= deadline:
            raise UserError(
                f"{url.rpartition('/')[2]} still has {counted(queue.messages, 'message')} after "
                f"{wait / 60:.0f} minutes. `aws sqs purge-queue --queue-url {url}` deletes them, "
                "and their uploads get no verdict."
            )
        sleep(POLL_SECONDS)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Receives messages of a queue and makes them visible again, but for those it deletes.

    For `visibility_timeout` seconds nobody else receives them, also if this process dies. SQS
    counts each receive as an attempt to process the message.
    """

    sqs: SQSClient
    url: str
    visibility_timeout: int
    received: dict[str, MessageTypeDef] = field(default_factory=dict)

    def receive(self, most: float = float("inf")) -> None:
        """Receive messages, up to so many in all, until the queue has no further visible one."""
        while len(self.received) < most:
            messages = self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=int(min(BATCH_SIZE, most - len(self.received))),
                VisibilityTimeout=self.visibility_timeout,
                WaitTimeSeconds=1,  # without a wait, SQS does not query all of its servers
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["reason"],
            ).get("Messages", [])
            before = len(self.received)
            self.received.update((message["MessageId"], message) for message in messages)
            if len(self.received) == before:
                return

    def delete(self, message_id: str) -> None:
        handle = self.received[message_id]["ReceiptHandle"]
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=handle)
        del self.received[message_id]

    def release(self, keep: Container[str] = ()) -> None:
        """Make messages visible again: all that were received, but for those with an id to keep."""
        released = [each for each in self.received if each not in keep]
        handles = [self.received.pop(each)["ReceiptHandle"] for each in released]
        for batch in batched(handles, BATCH_SIZE, strict=False):
            self.sqs.change_message_visibility_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for number, handle in enumerate(batch)
                ],
            )
