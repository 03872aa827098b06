"""Every upload of one event, processed one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap import Application
from liveness.deferred_verdict import from_message
from liveness.errors import ForeignBucketError, LivenessError, NoVerdictError, UnknownEventError
from liveness.events import uploads_in
from liveness.models import Deadline, DeliveryAttempt, Upload, UploadResult
from liveness.trace import UploadTrace
from observability import InvocationObserver, ProcessedUpload


@dataclass(frozen=True, slots=True)
class EventProcessor:
    """Calls the use case for the uploads of one invocation; safe for threads."""

    application: Application
    observer: InvocationObserver
    detection_deadline: Deadline

    def process(
        self,
        event: Mapping[str, Any],
        attempt: DeliveryAttempt | None = None,
        message_body: str | None = None,
    ) -> Sequence[ProcessedUpload]:
        """Process every upload of an event; what could not be read of it comes last.

        `attempt` and `message_body` are given for a message of RetryQueue.
        """
        processed: list[ProcessedUpload] = []
        try:
            for upload in uploads_in(event):
                with self.observer.upload(upload) as trace:
                    result = self._result(upload, trace, attempt, message_body)
                processed.append(ProcessedUpload(upload, result, trace))
        except UnknownEventError as error:
            processed.append(ProcessedUpload(None, error, UploadTrace()))
        return processed

    def _result(
        self,
        upload: Upload,
        trace: UploadTrace,
        attempt: DeliveryAttempt | None,
        message_body: str | None,
    ) -> UploadResult | LivenessError:
        if upload.bucket != self.application.bucket:
            return ForeignBucketError("the event names another bucket")
        try:
            deferred = from_message(message_body, upload) if message_body else None
            return self.application.processor.process(
                upload, self.detection_deadline, trace, attempt, deferred
            )
        except (NoVerdictError, UnknownEventError) as error:
            return error


def errors_of(processed: Sequence[ProcessedUpload]) -> ExceptionGroup[LivenessError] | None:
    """The errors that left uploads without a verdict, or None."""
    errors = [each.result for each in processed if isinstance(each.result, LivenessError)]
    return ExceptionGroup("uploads without a verdict", errors) if errors else None
