"""The Lambda function's handler: events in, the use case called, endings told."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from composition import CONCURRENCY, compose
from endings import endings, raise_if_any
from following import Following
from liveness.check import Checked
from liveness.model import Deadline, Upload
from liveness.story import Story
from metrics import Emitter
from telling import Telling
from tracing import Daemon, Trace

# Seconds for all that follows asking, giving up on the last try included (docs/capacity.md).
KEPT_FOR_RECORDING = 65.0

# As a number: told of "0", Powertools would draw lots, and renew every logger, for each upload.
logger = Logger(sampling_rate=float(os.environ["POWERTOOLS_LOGGER_SAMPLE_RATE"]))
metrics = Metrics()
daemon = Daemon(os.environ)
application = compose(os.environ)
telling = Telling(logger, Emitter(metrics))
pool = ThreadPoolExecutor(CONCURRENCY)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Bring every upload that the event tells of to its answer.

    A batch of RetryQueue is answered message by message. Any other event raises an
    ExceptionGroup of what kept its uploads from their answer, and Lambda sends it to RetryQueue.
    """
    left = context.get_remaining_time_in_millis() / 1000
    deadline = Deadline(time.monotonic() + left, time.monotonic).but(KEPT_FOR_RECORDING)
    trace = Trace(os.environ.get("_X_AMZN_TRACE_ID", ""), daemon.tell)
    following = Following(trace, logger)
    if _is_from_a_queue(event):
        # Not at the top: it costs a twentieth of a cold start, and a phone waits for that.
        from batch import Batch  # noqa: PLC0415

        return Batch(application, telling, logger, pool).work_on(
            event, deadline, context, following
        )

    def check(upload: Upload, story: Story) -> Checked:
        return application.liveness.check(upload, deadline, story)

    ended = endings(event, application.bucket, check, following)
    telling.tell(ended)
    raise_if_any(ended)
    return None


def _is_from_a_queue(event: dict[str, Any]) -> bool:
    match event:
        case {"Records": [{"eventSource": "aws:sqs"}, *_]}:
            return True
    return False
