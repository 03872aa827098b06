"""The Lambda function's handler: events in, the use case called, endings told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from composition import CONCURRENCY, compose
from liveness.check import Checked, Turn
from liveness.errors import GivenUp, LivenessError, NotAnUpload, NotOurs, StorageFault, Unanswered
from liveness.events import uploads_in
from liveness.model import Deadline, Upload

# Seconds for all that follows asking, giving up on the last try included (docs/capacity.md).
KEPT_FOR_RECORDING = 65.0

_LOGGED = ("id", "outcome", "reason", "error_code", "request_id", "face_model_version")

logger = Logger()
metrics = Metrics()
tracer = Tracer(auto_patch=False)
application = compose(os.environ)
pool = ThreadPoolExecutor(CONCURRENCY)

type Ending = Checked | LivenessError
type Endings = list[tuple[Upload | None, Ending]]


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Bring every upload that the event tells of to its answer.

    A batch of RetryQueue is answered message by message. Any other event raises an
    ExceptionGroup of what kept its uploads from their answer, and Lambda sends it to RetryQueue.
    """
    left = context.get_remaining_time_in_millis() / 1000
    deadline = Deadline(time.monotonic() + left, time.monotonic).but(KEPT_FOR_RECORDING)
    if _is_from_a_queue(event):
        return _work_on_batch(event, deadline, context)

    def check(upload: Upload) -> Checked:
        return application.liveness.check(upload, deadline)

    faults = _faults(_tell(_endings(event, check)))
    if faults:
        raise ExceptionGroup("uploads without an answer", faults)
    return None


def _is_from_a_queue(event: dict[str, Any]) -> bool:
    match event:
        case {"Records": [{"eventSource": "aws:sqs"}, *_]}:
            return True
    return False


def _work_on_batch(event: dict[str, Any], deadline: Deadline, context: LambdaContext) -> Any:
    records = [SQSRecord(record) for record in event["Records"]]
    at_work: dict[str, Future[Endings]] = {
        record.message_id: pool.submit(_work_on, record, deadline) for record in records
    }

    def end_of(record: SQSRecord) -> None:
        faults = _faults(_tell(at_work[record.message_id].result(), record.message_id))
        if faults:
            raise ExceptionGroup("uploads without an answer", faults)

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event, end_of, processor, context)
    failed = {failure["itemIdentifier"] for failure in processor.response()["batchItemFailures"]}
    _bring_back(
        {
            record.receipt_handle: _delay(record, at_work[record.message_id])
            for record in records
            if record.message_id in failed
        }
    )
    return answer


def _work_on(record: SQSRecord, deadline: Deadline) -> Endings:
    turn = Turn(_received(record), application.schedule.tries)

    def check(upload: Upload) -> Checked:
        return application.liveness.check_again(upload, deadline, turn)

    return _endings(record.raw_event, check)


def _received(record: SQSRecord) -> int:
    return int(record.attributes.approximate_receive_count)


def _delay(record: SQSRecord, at_work: Future[Endings]) -> timedelta:
    """When a message that failed is shown again: at once, where only FailedUploads is left."""
    schedule, received = application.schedule, _received(record)
    if at_work.exception() is None and all(
        isinstance(fault, GivenUp)
        or (received >= schedule.tries and not isinstance(fault, Unanswered))
        for fault in _faults(at_work.result())
    ):
        return timedelta(0)
    return schedule.delay_after(received)


def _bring_back(delays: dict[str, timedelta]) -> None:
    bring_back = application.retry_queue.bring_back
    for future in [pool.submit(bring_back, *each) for each in delays.items()]:
        try:
            future.result()
        except StorageFault as fault:
            # It comes back all the same, when the queue's own visibility timeout has passed.
            logger.warning("a message comes back later than planned", extra={"error": str(fault)})


def _endings(event: dict[str, Any], check: Callable[[Upload], Checked]) -> Endings:
    """What every upload in an event came to, and last what could not be read of it."""
    endings: Endings = []
    try:
        for upload in uploads_in(event):
            endings.append((upload, _ending(upload, check)))
    except NotAnUpload as unread:
        endings.append((None, unread))
    return endings


def _ending(upload: Upload, check: Callable[[Upload], Checked]) -> Ending:
    if upload.bucket != application.bucket:
        return NotOurs("the event names another bucket")
    try:
        return check(upload)
    except Unanswered as fault:
        return fault


def _faults(endings: Endings) -> list[LivenessError]:
    return [ending for _, ending in endings if isinstance(ending, LivenessError)]


def _tell(endings: Endings, message_id: str | None = None) -> Endings:
    metrics.add_metric("Deliveries", MetricUnit.Count, len(endings))
    for upload, ending in endings:
        about = {"message_id": message_id} if message_id else {}
        if upload:
            about |= {"upload_id": upload.id, "object": upload.object}
        if isinstance(ending, Checked):
            _tell_answer(about, ending)
        else:
            _tell_fault(about, ending)
    return endings


def _tell_answer(about: dict[str, str], checked: Checked) -> None:
    facts = {name: checked.facts[name] for name in _LOGGED if name in checked.facts}
    logger.info("upload checked", extra={**about, "course": checked.course, **facts})
    outcome = str(checked.facts["outcome"])
    tracer.put_annotation("outcome", outcome)
    with single_metric("Uploads", MetricUnit.Count, 1) as metric:
        metric.add_dimension("outcome", outcome)
        metric.add_dimension("course", checked.course)


def _tell_fault(about: dict[str, str], fault: LivenessError) -> None:
    reason = fault.reason if isinstance(fault, Unanswered) else type(fault).__name__
    logger.warning("no answer yet", extra={**about, "reason": reason, "error": str(fault)})
    with single_metric("Faults", MetricUnit.Count, 1) as metric:
        metric.add_dimension("reason", reason)
