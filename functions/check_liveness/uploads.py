"""Every upload of one event, processed one after another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap import Application
from liveness.deferred_verdict import from_message
from liveness.errors import ForeignBucketError, LivenessError, NoVerdictError, UnknownEventError
from liveness.events import uploads_in
from liveness.models import Deadline, DeliveryAttempt, Outcome, Upload, UploadResult, Verdict
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
                processed += self.process_upload(upload, attempt, message_body)
        except UnknownEventError as error:
            processed.append(ProcessedUpload(None, error, UploadTrace()))
        return processed

    def process_upload(
        self,
        upload: Upload,
        attempt: DeliveryAttempt | None = None,
        message_body: str | None = None,
    ) -> Iterator[ProcessedUpload]:
        """Process one upload; an unusable deferred verdict of its message comes first."""
        deferred, processor = None, self.application.processor
        try:
            if not self.application.sources.accepts(upload.bucket, upload.key):
                raise ForeignBucketError("the event names another bucket, or another prefix")
            upload = processor.images.identify(upload)
        except LivenessError as error:
            yield ProcessedUpload(upload, error, UploadTrace())
            return
        try:
            deferred = from_message(message_body, upload) if message_body else None
        except UnknownEventError as error:
            # Nothing that the function wrote: it costs the upload nothing.
            yield ProcessedUpload(None, error, UploadTrace())
        result: UploadResult | LivenessError
        with self.observer.upload(upload) as trace:
            try:
                result = processor.process(
                    upload, self.detection_deadline, trace, attempt, deferred
                )
            except NoVerdictError as error:
                result = error
        yield ProcessedUpload(upload, result, trace)


def errors_of(processed: Sequence[ProcessedUpload]) -> ExceptionGroup[LivenessError] | None:
    """The errors that left uploads without a verdict, or None."""
    errors = [each.result for each in processed if isinstance(each.result, LivenessError)]
    return ExceptionGroup("uploads without a verdict", errors) if errors else None


def dead_letter_reason(processed: Sequence[ProcessedUpload]) -> str | None:
    """Why only an operator can help with an event; None where another delivery may."""
    reasons = []
    for each in processed:
        match each.result:
            case UploadResult(Verdict(outcome=Outcome.FAILED) as failed):
                reasons.append(failed.reason)
            case NoVerdictError():
                return None
            case LivenessError() as error:
                reasons.append(error.reason)
    return reasons[0] if reasons else None
