"""The Lambda function's handler: translates an event and calls the use case."""

import json
import os
import time
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from bootstrap import bootstrap
from liveness.models import Deadline
from liveness.process_upload import RESERVED_AFTER_DETECTION
from observability import InvocationObserver
from uploads import EventProcessor, dead_letter_reason, errors_of
from xray import XRayDaemon, XRayTrace

# As a number: the text "0" is truthy, and Powertools would draw a random number each time.
logger = Logger(sampling_rate=float(os.environ["POWERTOOLS_LOGGER_SAMPLE_RATE"]))
metrics = Metrics()
application = bootstrap(os.environ)
daemon = XRayDaemon(os.environ)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Process every upload of the event.

    A batch of RetryQueue, the only event source mapping, is answered message by message, and a task
    of S3 Batch Operations with its result. For any other event an ExceptionGroup is raised if
    uploads are left without a verdict; Lambda then sends the event to RetryQueue. One whose uploads
    have failed is sent to FailedUploads.
    """
    remaining = context.get_remaining_time_in_millis() / 1000
    deadline = Deadline(time.monotonic() + remaining, time.monotonic)
    trace = XRayTrace(os.environ.get("_X_AMZN_TRACE_ID", ""), daemon.send)
    processor = EventProcessor(
        application,
        InvocationObserver(logger, metrics, trace, by_bucket=len(application.sources.buckets) > 1),
        deadline.minus(RESERVED_AFTER_DETECTION.total_seconds()),
    )
    match event:
        case {"Records": [{"eventSource": "aws:sqs"}, *_]}:
            # Lazy: Powertools Batch is a twentieth of a cold start, and only RetryQueue needs it.
            from batch import RetryQueueBatch  # noqa: PLC0415

            return RetryQueueBatch(processor).process(event, context)
        case {"invocationSchemaVersion": str(), "tasks": [*_]}:
            from batch_operations import process  # noqa: PLC0415 - for backfills only

            return process(event, processor)
    processed = processor.process(event)
    processor.observer.report(processed)
    if errors := errors_of(processed):
        raise errors
    if reason := dead_letter_reason(processed):
        application.retry_queue.dead_letter(json.dumps(event), reason)
    return None
