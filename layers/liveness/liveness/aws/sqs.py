"""RetryQueue and FailedUploads on SQS: redelivery, deferred verdicts, dead-lettering."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from liveness.aws.errors import aws_errors
from liveness.backoff import RetrySchedule
from liveness.deferred_verdict import to_message
from liveness.models import DeferredVerdict

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# The message group of `make backfill`. SQS serves other messages first while one group has many in
# flight (fair queues), and the function counts its uploads apart.
BACKFILL_GROUP = "backfill"
# SQS's own limit of DelaySeconds.
_MAX_DELAY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SQSRetryQueue:
    """The queue that delivers uploads without a verdict again, and its dead-letter queue."""

    sqs: SQSClient
    queue_url: str
    dead_letter_queue_url: str
    schedule: RetrySchedule

    def redeliver(self, receipt_handle: str, delay: timedelta) -> None:
        """Deliver a message again after the delay. Raises AwsServiceError."""
        with aws_errors("sqs"):
            self.sqs.change_message_visibility(
                QueueUrl=self.queue_url,
                ReceiptHandle=receipt_handle,
                VisibilityTimeout=int(delay.total_seconds()),
            )

    def defer(self, deferred: DeferredVerdict) -> None:
        """Send a deferred verdict, to be delivered as after a first attempt.

        Raises AwsServiceError.
        """
        delay = min(self.schedule.backoff.delay(1), _MAX_DELAY)
        with aws_errors("sqs"):
            self.sqs.send_message(
                QueueUrl=self.queue_url,
                MessageBody=to_message(deferred),
                DelaySeconds=int(delay.total_seconds()),
            )

    def dead_letter(self, body: str, reason: str) -> None:
        """Send a message's body to the dead-letter queue, with the reason as an attribute.

        Raises AwsServiceError.
        """
        with aws_errors("sqs"):
            self.sqs.send_message(
                QueueUrl=self.dead_letter_queue_url,
                MessageBody=body,
                MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
            )
