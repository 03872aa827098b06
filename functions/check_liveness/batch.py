"""A batch of RetryQueue: its messages side by side, and those that failed shown again in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from composition import Application
from endings import Ending, endings, faults, raise_if_any
from following import Following
from liveness.check import Checked, Turn
from liveness.errors import GivenUp, StorageFault, Unanswered
from liveness.kept import kept_in
from liveness.model import Deadline, Upload
from liveness.story import Story
from telling import Telling

type _AtWork = Future[Sequence[Ending]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What working on a batch needs; messages are worked on in the pool's threads."""

    application: Application
    telling: Telling
    logger: Logger
    pool: ThreadPoolExecutor

    def work_on(
        self,
        event: dict[str, Any],
        deadline: Deadline,
        context: LambdaContext,
        following: Following,
    ) -> Any:
        """Answer a batch message by message, as SQS wants it (ReportBatchItemFailures)."""
        records = [SQSRecord(record) for record in event["Records"]]
        at_work = {
            record.message_id: self.pool.submit(self._endings, record, deadline, following)
            for record in records
        }

        def end_of(record: SQSRecord) -> None:
            ended = at_work[record.message_id].result()
            self.telling.tell(ended, record.message_id)
            raise_if_any(ended)

        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        answer = process_partial_response(event, end_of, processor, context)
        response = processor.response()
        failed = {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
        self._bring_back(
            {
                record.receipt_handle: self._delay(record, at_work[record.message_id])
                for record in records
                if record.message_id in failed
            }
        )
        return answer

    def _endings(
        self, record: SQSRecord, deadline: Deadline, following: Following
    ) -> Sequence[Ending]:
        turn = Turn(_received(record), self.application.retry_queue.schedule.tries)

        def check(upload: Upload, story: Story) -> Checked:
            kept = kept_in(record.body, upload)
            return self.application.liveness.check_again(upload, deadline, turn, story, kept)

        return endings(record.raw_event, self.application.bucket, check, following)

    def _delay(self, record: SQSRecord, at_work: _AtWork) -> timedelta:
        """When a message that failed is shown again: at once, where only FailedUploads is left."""
        schedule, received = self.application.retry_queue.schedule, _received(record)
        if at_work.exception() is None and all(
            isinstance(fault, GivenUp)
            or (received >= schedule.tries and not isinstance(fault, Unanswered))
            for fault in faults(at_work.result())
        ):
            return timedelta(0)
        return schedule.delay_after(received)

    def _bring_back(self, delays: Mapping[str, timedelta]) -> None:
        bring_back = self.application.retry_queue.bring_back
        for future in [self.pool.submit(bring_back, *each) for each in delays.items()]:
            try:
                future.result()
            except StorageFault as fault:
                # It comes back all the same, when the queue's own visibility timeout has passed.
                self.logger.warning(
                    "a message comes back later than planned", extra={"error": str(fault)}
                )


def _received(record: SQSRecord) -> int:
    return int(record.attributes.approximate_receive_count)
