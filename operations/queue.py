"""A queue of the stack, and how many messages it contains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# SQS's own limit of messages in one receive, and of entries in one batch.
BATCH_SIZE = 10


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue, with the approximate numbers of its visible and its in-flight messages."""

    url: str
    arn: str
    visible: int
    in_flight: int = 0

    @property
    def messages(self) -> int:
        """All messages, visible or in flight."""
        return self.visible + self.in_flight


def describe_queue(sqs: SQSClient, url: str) -> Queue:
    """Read a queue's attributes; SQS's counts are up to a minute old."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return Queue(
        url,
        attributes["QueueArn"],
        int(attributes["ApproximateNumberOfMessages"]),
        int(attributes["ApproximateNumberOfMessagesNotVisible"]),
    )
