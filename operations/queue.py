"""A queue of the stack, as the commands for FailedUploads handle it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.stack import StackNotFound

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# What SQS gives in one receive, and takes in one batch.
BATCH = 10


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue and about how many messages lie in it, those in somebody's hands included."""

    url: str
    arn: str
    messages: int


def described(sqs: SQSClient, url: str) -> Queue:
    """What SQS tells of a queue; its counts trail behind by up to a minute."""
    attributes = sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "QueueArn",
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ],
    )["Attributes"]
    shown = int(attributes["ApproximateNumberOfMessages"])
    held = int(attributes["ApproximateNumberOfMessagesNotVisible"])
    return Queue(url, attributes["QueueArn"], shown + held)


def output(outputs: Mapping[str, str], name: str) -> str:
    """One of the stack's outputs. Raises StackNotFound where the stack is an older one."""
    if name not in outputs:
        raise StackNotFound(
            f"The stack has no output {name}: it is older than this command. Run `make deploy`."
        )
    return outputs[name]


def counted(messages: int) -> str:
    """`1 message`, `2 messages`."""
    return f"{messages:,} message" + ("" if messages == 1 else "s")
