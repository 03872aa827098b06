"""RetryQueue: when messages come back to it, and judgements that wait in it for the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from liveness.aws.faults import faults_of
from liveness.kept import as_message
from liveness.ports import KeptJudgement

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# SQS's own limit of DelaySeconds.
_LONGEST_BEFORE_FIRST_RECEIVE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """How often an upload is tried from the queue, and how long it waits in between."""

    tries: int
    first_delay: timedelta
    longest_delay: timedelta

    def delay_after(self, received: int) -> timedelta:
        """The wait after the nth receive: it doubles, up to the longest."""
        doubled: timedelta = self.first_delay * 2 ** (received - 1)
        return min(doubled, self.longest_delay)


@dataclass(frozen=True, slots=True)
class SQSRetryQueue:
    """The queue that uploads without an answer come back through.

    Its client is asked for when a message must wait: few sandboxes ever need it.
    """

    client: Callable[[], SQSClient]
    queue_url: str
    schedule: RetrySchedule

    @property
    def sqs(self) -> SQSClient:
        """The client."""
        return self.client()

    def bring_back(self, receipt_handle: str, delay: timedelta) -> None:
        """Show a message again after its delay. Raises StorageFault where SQS fails."""
        with faults_of("sqs"):
            self.sqs.change_message_visibility(
                QueueUrl=self.queue_url,
                ReceiptHandle=receipt_handle,
                VisibilityTimeout=int(delay.total_seconds()),
            )

    def keep(self, kept: KeptJudgement) -> None:
        """Send a judgement that comes back as after a first try. Raises StorageFault."""
        delay = min(self.schedule.delay_after(1), _LONGEST_BEFORE_FIRST_RECEIVE)
        with faults_of("sqs"):
            self.sqs.send_message(
                QueueUrl=self.queue_url,
                MessageBody=as_message(kept),
                DelaySeconds=int(delay.total_seconds()),
            )
