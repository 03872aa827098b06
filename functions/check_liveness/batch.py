"""A batch of RetryQueue: its messages in parallel, redelivery, and dead-lettering.

What becomes of a message once its uploads were processed:

- every upload has a verdict: it is acknowledged;
- what is left is for an operator (`failed` uploads, events that cannot be read, foreign
  buckets): it is sent to FailedUploads and acknowledged;
- otherwise it is reported as a failed item, and RetryQueue delivers it again after the delay of
  its schedule. Should the function never succeed in dead-lettering it, the queue's redrive policy
  moves it.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from liveness.aws.sqs import BACKFILL_GROUP
from liveness.errors import AwsServiceError, LivenessError
from liveness.models import DeliveryAttempt
from observability import ProcessedUpload
from uploads import EventProcessor, dead_letter_reason, errors_of


@dataclass(frozen=True, slots=True)
class _MessageResult:
    """The uploads of one message, and what keeps the message in RetryQueue."""

    uploads: Sequence[ProcessedUpload]
    error: AwsServiceError | ExceptionGroup[LivenessError] | None = None


@dataclass(frozen=True, slots=True)
class RetryQueueBatch:
    """Processes the batch of one invocation."""

    processor: EventProcessor

    def process(self, event: dict[str, Any], context: LambdaContext) -> Any:
        """Process the messages and report those that failed (ReportBatchItemFailures)."""
        records = [SQSRecord(record) for record in event["Records"]]
        with ThreadPoolExecutor(len(records)) as pool:
            futures = {record.message_id: pool.submit(self._process, record) for record in records}
            processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

            def finish(record: SQSRecord) -> None:
                self._finish(record, futures[record.message_id])

            response = process_partial_response(event, finish, processor, context)
            failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
            list(pool.map(self._redeliver, (each for each in records if each.message_id in failed)))
        return response

    def _process(self, record: SQSRecord) -> _MessageResult:
        attempt = self._attempt(record)
        processed = self.processor.process(record.raw_event, attempt, record.body)
        if record.attributes.message_group_id == BACKFILL_GROUP:
            processed = [replace(each, is_backfill=True) for each in processed]
        reason = dead_letter_reason(processed)
        if reason is None:
            return _MessageResult(processed, errors_of(processed))
        try:
            self.processor.application.retry_queue.dead_letter(record.body, reason)
        except AwsServiceError as error:
            return _MessageResult(processed, error)
        return _MessageResult(processed)

    def _finish(self, record: SQSRecord, future: Future[_MessageResult]) -> None:
        """Return to acknowledge the message, or raise to have it delivered again."""
        logger, message = self.processor.observer.logger, {"message_id": record.message_id}
        try:
            processed = future.result()
        except Exception as error:
            # Powertools swallows it. Its text may quote what must not be logged.
            logger.error("unexpected error", extra={**message, "error": type(error).__name__})
            raise
        self.processor.observer.report(processed.uploads, record.message_id)
        if isinstance(processed.error, AwsServiceError):
            fields = {**message, "error": str(processed.error)}
            logger.warning("dead-lettering failed", extra=fields)
        if processed.error:
            raise processed.error

    def _redeliver(self, record: SQSRecord) -> None:
        retry_queue = self.processor.application.retry_queue
        delay = retry_queue.schedule.backoff.delay(self._attempt(record).receive_count)
        try:
            retry_queue.redeliver(record.receipt_handle, delay)
        except AwsServiceError as error:
            # It is delivered again all the same, once the queue's visibility timeout has passed.
            self.processor.observer.logger.warning(
                "a message is redelivered later than scheduled",
                extra={"message_id": record.message_id, "error": str(error)},
            )

    def _attempt(self, record: SQSRecord) -> DeliveryAttempt:
        application, attributes = self.processor.application, record.attributes
        sent_at = datetime.fromtimestamp(int(attributes.sent_timestamp) / 1000, UTC)
        return application.retry_queue.schedule.attempt(
            int(attributes.approximate_receive_count), application.processor.now() - sent_at
        )
