"""The log record, the metrics and the X-Ray subsegments of every upload.

docs/operating.md describes each field and metric. Nothing here quotes an image, its metadata or
a presigned URL.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from liveness.errors import AwsServiceError, LivenessError
from liveness.models import Disposition, Outcome, Upload, UploadResult
from liveness.tencent.error_codes import UNKNOWN_MODEL
from liveness.trace import Publication, Span, UploadTrace
from liveness.verdict_record import to_record
from xray import XRayTrace

_LOGGED = ("id", "outcome", "reason", "reuse", "error_code", "request_id", "face_model_version")


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's unit, and its sets of dimensions beside `service`, which every metric has."""

    unit: MetricUnit = MetricUnit.Count
    dimension_sets: tuple[tuple[str, ...], ...] = ((),)


METRICS: Mapping[str, Metric] = {
    "Uploads": Metric(dimension_sets=(("outcome",),)),
    "UploadsByBucket": Metric(dimension_sets=(("bucket", "outcome"),)),
    "BackfilledUploads": Metric(dimension_sets=(("outcome",),)),
    "Retakes": Metric(dimension_sets=(("reason",),)),
    "ReusedPictures": Metric(dimension_sets=(("reuse",),)),
    "ProcessingErrors": Metric(dimension_sets=(("reason",),)),
    "DetectionErrors": Metric(dimension_sets=(("kind",), ("kind", "code"))),
    "DetectionAttempts": Metric(),
    "DetectionLatency": Metric(MetricUnit.Milliseconds),
    "BilledDetections": Metric(),
    "UploadToPublishLatency": Metric(MetricUnit.Milliseconds),
    "LeasesTakenOver": Metric(),
    "DuplicateDeliveries": Metric(),
    "Deliveries": Metric(),
}
"""Every metric that the function emits; Powertools adds `ColdStart`."""


@dataclass(frozen=True, slots=True)
class ProcessedUpload:
    """The result of one upload in one delivery; `upload` is None for an unreadable event.

    `is_backfill` says that it was uploaded long ago: it is no part of the live traffic.
    """

    upload: Upload | None
    result: UploadResult | LivenessError
    trace: UploadTrace
    is_backfill: bool = False


@dataclass(frozen=True, slots=True)
class InvocationObserver:
    """Observes the uploads of one invocation, in whatever thread they are processed."""

    logger: Logger
    metrics: Metrics
    xray: XRayTrace
    by_bucket: bool = False

    @contextmanager
    def upload(self, upload: Upload) -> Iterator[UploadTrace]:
        """Trace one upload: a subsegment around those of its spans, and DEBUG lines."""
        with self.xray.subsegment("## upload") as subsegment:
            subsegment.annotations["upload_id"] = upload.id
            # Read once: Powertools does half of a line's work before it checks the level.
            logs_spans = self.logger.log_level <= logging.DEBUG

            @contextmanager
            def around_span(span: Span) -> Iterator[None]:
                try:
                    with self.xray.subsegment(f"## {span}", parent=subsegment):
                        yield
                finally:
                    if logs_spans:
                        fields = {"upload_id": upload.id, "span": span.value}
                        self.logger.debug("span finished", extra=fields)

            trace = UploadTrace(around_span=around_span)
            try:
                yield trace
            finally:
                if trace.publication:
                    subsegment.annotations["outcome"] = trace.publication.outcome.value

    def report(self, processed: Sequence[ProcessedUpload], message_id: str | None = None) -> None:
        """Log a record and emit the metrics of each upload.

        `message_id` is that of the SQS message, where one carried them.
        """
        self._emit("Deliveries", len(processed))
        for each in processed:
            self._log(each, {"message_id": message_id} if message_id else {})
            self._emit_metrics(each)

    def _log(self, processed: ProcessedUpload, message: Mapping[str, Any]) -> None:
        fields = {**message, **_upload_fields(processed.upload), **_trace_fields(processed)}
        match processed.result:
            case UploadResult(disposition=Disposition.DEFERRED as deferred):
                fields |= {"error": processed.trace.deferral_cause, "disposition": deferred}
                self._log_error(fields, AwsServiceError.reason)
            case UploadResult(verdict, disposition):
                record = to_record(verdict)
                fields |= {name: record[name] for name in _LOGGED if name in record}
                self.logger.info("upload processed", extra={**fields, "disposition": disposition})
            case error:
                self._log_error({**fields, "error": str(error)}, error.reason)

    def _log_error(self, fields: Mapping[str, Any], reason: str) -> None:
        self.logger.warning("no verdict yet", extra={**fields, "reason": reason})
        self._emit("ProcessingErrors", reason=reason)

    def _emit_metrics(self, processed: ProcessedUpload) -> None:
        trace, result = processed.trace, processed.result
        for attempt in trace.detection_attempts:
            self._emit("DetectionAttempts")
            self._emit("DetectionLatency", attempt.duration * 1000)
            if attempt.kind and attempt.code:
                self._emit("DetectionErrors", kind=attempt.kind, code=attempt.code)
            if attempt.code in {None, UNKNOWN_MODEL}:
                self._emit("BilledDetections")
        if trace.lease_taken_over:
            self._emit("LeasesTakenOver")
        if isinstance(result, UploadResult) and result.disposition is Disposition.DUPLICATE:
            self._emit("DuplicateDeliveries")
        if trace.publication and processed.upload:
            self._emit_publication(processed, processed.upload, trace.publication)

    def _emit_publication(
        self, processed: ProcessedUpload, upload: Upload, publication: Publication
    ) -> None:
        """Emit what alarms and shares are about, of live traffic only."""
        result, outcome = processed.result, publication.outcome
        if processed.is_backfill:
            self._emit("BackfilledUploads", outcome=outcome)
            return
        self._emit("Uploads", outcome=outcome)
        if self.by_bucket:
            self._emit("UploadsByBucket", bucket=upload.bucket, outcome=outcome)
        self._emit("UploadToPublishLatency", _upload_to_publish_ms(upload, publication))
        if isinstance(result, UploadResult) and outcome is Outcome.RETAKE:
            self._emit("Retakes", reason=str(result.verdict.reason))
        if isinstance(result, UploadResult) and result.verdict.reuse:
            self._emit("ReusedPictures", reuse=result.verdict.reuse)

    def _emit(self, name: str, value: float = 1, **dimensions: str) -> None:
        """Emit a value in CloudWatch's embedded metric format.

        Metrics without dimensions of their own share one line for the whole invocation. Raises
        KeyError for a metric or a dimension that METRICS does not declare.
        """
        metric = METRICS[name]
        for dimension_set in metric.dimension_sets:
            if not dimension_set:
                self.metrics.add_metric(name, metric.unit, value)
                continue
            with single_metric(name, metric.unit, value) as line:
                for dimension in dimension_set:
                    line.add_dimension(dimension, dimensions[dimension])


def _upload_fields(upload: Upload | None) -> Mapping[str, Any]:
    if upload is None:
        return {}
    fields = {"upload_id": upload.id, "object": upload.object, "version": upload.version}
    return fields | {"sequencer": upload.sequencer} if upload.sequencer else fields


def _trace_fields(processed: ProcessedUpload) -> Mapping[str, Any]:
    trace = processed.trace
    fields: dict[str, Any] = {}
    # A copy: where nobody needed the head, its thread may still add its duration.
    if durations := trace.durations.copy():
        fields["durations_ms"] = {span.value: round(s * 1000) for span, s in durations.items()}
    if trace.detection_attempts:
        fields["detection_attempts"] = [
            {"duration_ms": round(each.duration * 1000)}
            | ({"code": each.code} if each.code else {})
            for each in trace.detection_attempts
        ]
    if trace.lease_taken_over:
        fields["lease_taken_over"] = True
    if trace.subject_ignored:
        fields["subject_ignored"] = True
    if trace.consent_id_ignored:
        fields["consent_id_ignored"] = True
    if trace.not_tagged:
        fields["not_tagged"] = True
    if processed.is_backfill:
        fields["backfill"] = True
    if trace.publication and processed.upload:
        fields["outcome"] = trace.publication.outcome.value
        fields["sns_message_id"] = trace.publication.sns_message_id
        fields["upload_to_publish_ms"] = _upload_to_publish_ms(processed.upload, trace.publication)
    return fields


def _upload_to_publish_ms(upload: Upload, publication: Publication) -> int:
    """From S3's event until SNS accepted the notification; the two clocks may differ a little."""
    seconds = (publication.published_at - upload.uploaded_at).total_seconds()
    return max(0, round(seconds * 1000))
