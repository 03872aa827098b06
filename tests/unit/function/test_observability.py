"""One log record has everything about an upload, and metrics count what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from liveness.errors import (
    AccountBlockedError,
    AwsServiceError,
    LeaseHeldError,
    LivenessError,
    UnknownEventError,
)
from liveness.models import (
    Action,
    Decision,
    Detection,
    DetectionAttempt,
    Disposition,
    ErrorResponse,
    Outcome,
    Reuse,
    Upload,
    UploadResult,
    Verdict,
)
from liveness.trace import Publication, Span, UploadTrace
from observability import METRICS, ProcessedUpload
from tests.unit.function.captured_log import CapturedLog

UPLOADED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
UPLOAD = Upload("selfies", "ann/1.png", "v1", UPLOADED_AT, size=100, sequencer="00A1")
DETECTION = Detection(Action.DETECT_LIVE_FACE, "2.0", "req-1", score=Decimal(90))
VERDICT = Verdict(
    UPLOAD,
    Outcome.LIVE,
    UPLOADED_AT,
    decision=Decision(Outcome.LIVE, DETECTION, Decimal(87)),
    subject="ann",
)
FAILED = Verdict(
    UPLOAD,
    Outcome.FAILED,
    UPLOADED_AT,
    reason="service_unreachable",
    error=ErrorResponse("NoAnswer.TimedOut", "timed out"),
)
DECIDED = UploadResult(VERDICT, Disposition.DECIDED)
_OF_POWERTOOLS = {"level", "location", "message", "timestamp", "service", "sampling_rate"}


def publication(outcome: Outcome, after: float = 1.25) -> Publication:
    return Publication(outcome, "message-1", UPLOADED_AT + timedelta(seconds=after))


def reported(
    result: UploadResult | LivenessError,
    trace: UploadTrace | None = None,
    upload: Upload | None = UPLOAD,
    message_id: str | None = None,
    *,
    is_backfill: bool = False,
    by_bucket: bool = False,
) -> CapturedLog:
    log = CapturedLog()
    with log as observer:
        processed = ProcessedUpload(upload, result, trace or UploadTrace(), is_backfill)
        replace(observer, by_bucket=by_bucket).report([processed], message_id)
    return log


def test_one_log_record_has_everything_about_an_upload() -> None:
    trace = UploadTrace(
        durations={Span.ACQUIRE_LEASE: 0.0123, Span.DETECT: 0.5},
        detection_attempts=[
            DetectionAttempt(0.1, "transient", "InternalError"),
            DetectionAttempt(0.4),
        ],
        publication=publication(Outcome.LIVE),
    )

    (record,) = reported(DECIDED, trace, message_id="m-1").records

    assert (record["message"], record["level"]) == ("upload processed", "INFO")
    assert {name: record[name] for name in record if name not in _OF_POWERTOOLS} == {
        "message_id": "m-1",
        "upload_id": UPLOAD.id,
        "object": "s3://selfies/ann/1.png",
        "version": "v1",
        "sequencer": "00A1",
        "disposition": "decided",
        "id": UPLOAD.id,
        "outcome": "live",
        "request_id": "req-1",
        "face_model_version": "2.0",
        "durations_ms": {"acquire_lease": 12, "detect": 500},
        "detection_attempts": [
            {"duration_ms": 100, "code": "InternalError"},
            {"duration_ms": 400},
        ],
        "sns_message_id": "message-1",
        "upload_to_publish_ms": 1250,
    }


def test_no_log_record_has_the_subject_or_the_score() -> None:
    (record,) = reported(DECIDED).records

    assert "ann" not in record.values()
    assert not {"subject", "score"} & set(record)


def test_without_a_message_of_sqs_there_is_no_message_id() -> None:
    (record,) = reported(DECIDED).records

    assert "message_id" not in record


def test_a_verdict_counts_by_its_outcome_with_the_latency_until_it_was_published() -> None:
    log = reported(
        DECIDED,
        UploadTrace(
            detection_attempts=[DetectionAttempt(0.4)], publication=publication(Outcome.LIVE)
        ),
    )

    assert log.values("Uploads") == [({"outcome": "live"}, "Count", [1.0])]
    assert log.values("UploadToPublishLatency") == [({}, "Milliseconds", [1250.0])]
    assert log.values("DetectionAttempts") == [({}, "Count", [1.0])]
    assert log.values("DetectionLatency") == [({}, "Milliseconds", [400.0])]
    assert log.values("BilledDetections") == [({}, "Count", [1.0])]
    for absent in (
        "ProcessingErrors",
        "Retakes",
        "DetectionErrors",
        "DuplicateDeliveries",
        "LeasesTakenOver",
    ):
        assert log.values(absent) == []


def test_a_retake_counts_by_its_reason() -> None:
    retake = Verdict(UPLOAD, Outcome.RETAKE, UPLOADED_AT, reason="no_face", advice="Show it.")

    log = reported(
        UploadResult(retake, Disposition.DECIDED),
        UploadTrace(
            detection_attempts=[
                DetectionAttempt(0.4, "image", "InvalidParameterValue.NoFaceInPhoto")
            ],
            publication=publication(Outcome.RETAKE),
        ),
    )

    assert log.values("Retakes") == [({"reason": "no_face"}, "Count", [1.0])]
    assert log.values("BilledDetections") == []


def test_a_detection_error_counts_by_kind_and_by_kind_and_code() -> None:
    error = AccountBlockedError(ErrorResponse("ActionOffline", "gone"))

    log = reported(
        error, UploadTrace(detection_attempts=[DetectionAttempt(0.1, "account", "ActionOffline")])
    )

    assert log.values("DetectionErrors") == [
        ({"kind": "account"}, "Count", [1.0]),
        ({"kind": "account", "code": "ActionOffline"}, "Count", [1.0]),
    ]
    assert log.values("ProcessingErrors") == [({"reason": "account_blocked"}, "Count", [1.0])]
    assert log.values("Uploads") == []
    (record,) = log.records
    assert (record["message"], record["level"]) == ("no verdict yet", "WARNING")
    assert record["reason"] == "account_blocked"
    assert record["error"] == "ActionOffline: gone (attempts: 1)"


def test_a_failed_upload_counts_by_its_outcome_and_its_log_record_has_reason_and_code() -> None:
    log = reported(
        UploadResult(FAILED, Disposition.DECIDED),
        UploadTrace(publication=publication(Outcome.FAILED)),
    )

    (record,) = log.records
    assert log.values("Uploads") == [({"outcome": "failed"}, "Count", [1.0])]
    assert log.values("ProcessingErrors") == []
    assert (record["message"], record["outcome"]) == ("upload processed", "failed")
    assert (record["reason"], record["error_code"]) == ("service_unreachable", "NoAnswer.TimedOut")
    assert record["id"] == f"{UPLOAD.id}-failed"
    assert record["sns_message_id"] == "message-1"


def test_a_verdict_that_was_published_but_not_marked_counts_as_published() -> None:
    log = reported(
        AwsServiceError("dynamodb", "InternalServerError"),
        UploadTrace(publication=publication(Outcome.FAILED)),
    )

    (record,) = log.records
    assert log.values("Uploads") == [({"outcome": "failed"}, "Count", [1.0])]
    assert log.values("ProcessingErrors") == [({"reason": "storage_fault"}, "Count", [1.0])]
    assert (record["message"], record["outcome"]) == ("no verdict yet", "failed")
    assert record["sns_message_id"] == "message-1"


def test_a_duplicate_delivery_counts_as_no_upload() -> None:
    log = reported(UploadResult(VERDICT, Disposition.DUPLICATE))

    assert log.values("DuplicateDeliveries") == [({}, "Count", [1.0])]
    assert log.values("Uploads") == []
    assert log.values("Deliveries") == [({}, "Count", [1.0])]


def test_a_lease_that_was_taken_over_counts_whatever_the_result() -> None:
    log = reported(LeaseHeldError("until later"), UploadTrace(lease_taken_over=True))

    (record,) = log.records
    assert log.values("LeasesTakenOver") == [({}, "Count", [1.0])]
    assert record["lease_taken_over"] is True


def test_an_unreadable_event_is_an_error_without_an_upload() -> None:
    log = reported(UnknownEventError("body: not JSON"), upload=None)

    (record,) = log.records
    assert log.values("ProcessingErrors") == [({"reason": "unknown_event"}, "Count", [1.0])]
    assert "upload_id" not in record
    assert record["error"] == "body: not JSON"


def test_a_clock_behind_the_clock_of_s3_makes_no_negative_latency() -> None:
    log = reported(DECIDED, UploadTrace(publication=publication(Outcome.LIVE, after=-0.5)))

    assert log.values("UploadToPublishLatency") == [({}, "Milliseconds", [0.0])]


def test_the_values_of_several_attempts_are_in_one_line() -> None:
    trace = UploadTrace(detection_attempts=[DetectionAttempt(1.0), DetectionAttempt(2.0)])

    log = reported(LeaseHeldError("until later"), trace)

    assert log.values("DetectionLatency") == [({}, "Milliseconds", [1000.0, 2000.0])]


@pytest.mark.parametrize("name", METRICS)
def test_no_dimension_identifies_a_person_or_an_image(name: str) -> None:
    dimensions = {each for dimension_set in METRICS[name].dimension_sets for each in dimension_set}

    assert dimensions <= {"outcome", "reason", "reuse", "kind", "code", "bucket"}


def test_a_backfilled_upload_is_apart_from_live_traffic() -> None:
    log = reported(
        DECIDED,
        UploadTrace(publication=publication(Outcome.LIVE)),
        is_backfill=True,
        by_bucket=True,
    )

    assert log.values("BackfilledUploads") == [({"outcome": "live"}, "Count", [1.0])]
    assert log.records[0]["backfill"] is True
    for name in ("Uploads", "UploadsByBucket", "UploadToPublishLatency", "Retakes"):
        assert log.values(name) == []


def test_uploads_are_counted_by_bucket_where_there_are_several() -> None:
    log = reported(DECIDED, UploadTrace(publication=publication(Outcome.LIVE)), by_bucket=True)

    dimensions = {"bucket": UPLOAD.bucket, "outcome": "live"}
    assert log.values("UploadsByBucket") == [(dimensions, "Count", [1.0])]


def test_a_version_that_was_not_tagged_is_in_the_log() -> None:
    assert reported(DECIDED, UploadTrace(not_tagged=True)).records[0]["not_tagged"] is True


def test_a_metric_that_is_not_declared_is_an_error() -> None:
    with CapturedLog() as observer, pytest.raises(KeyError):
        observer._emit("Surprises")


def test_a_deferred_verdict_is_no_verdict_yet() -> None:
    trace = UploadTrace(
        durations={Span.DEFER: 0.01},
        detection_attempts=[DetectionAttempt(0.4)],
        deferral_cause="dynamodb: ThrottlingException",
    )

    log = reported(UploadResult(VERDICT, Disposition.DEFERRED), trace)

    (record,) = log.records
    assert (record["message"], record["level"]) == ("no verdict yet", "WARNING")
    assert (record["reason"], record["disposition"]) == ("storage_fault", "deferred")
    assert record["error"] == "dynamodb: ThrottlingException"
    assert "outcome" not in record
    assert log.values("ProcessingErrors") == [({"reason": "storage_fault"}, "Count", [1.0])]
    assert log.values("BilledDetections") == [({}, "Count", [1.0])]
    for absent in ("Uploads", "UploadToPublishLatency", "Retakes"):
        assert log.values(absent) == []


def test_every_upload_of_a_delivery_has_its_own_log_record() -> None:
    log = CapturedLog()
    second = replace(UPLOAD, version="v2")
    with log as observer:
        observer.report(
            [
                ProcessedUpload(UPLOAD, DECIDED, UploadTrace()),
                ProcessedUpload(second, LeaseHeldError("until later"), UploadTrace()),
            ]
        )

    assert [record["version"] for record in log.records] == ["v1", "v2"]
    assert log.values("Deliveries") == [({}, "Count", [2.0])]


@pytest.mark.parametrize("reuse", Reuse)
def test_a_reused_picture_counts_by_how_it_was_used_and_is_in_the_log(reuse: Reuse) -> None:
    result = UploadResult(replace(VERDICT, reuse=reuse), Disposition.DECIDED)

    log = reported(result, UploadTrace(publication=publication(Outcome.LIVE)))

    assert log.values("ReusedPictures") == [({"reuse": reuse.value}, "Count", [1.0])]
    assert log.records[0]["reuse"] == reuse.value


def test_a_picture_of_a_backfill_or_of_a_duplicate_delivery_counts_as_no_reuse() -> None:
    reused = replace(VERDICT, reuse=Reuse.OTHER_SUBJECT)
    published = UploadTrace(publication=publication(Outcome.LIVE))

    backfilled = reported(UploadResult(reused, Disposition.DECIDED), published, is_backfill=True)
    duplicate = reported(UploadResult(reused, Disposition.DUPLICATE))

    assert backfilled.values("ReusedPictures") == duplicate.values("ReusedPictures") == []


def test_no_log_record_has_the_digest_or_the_consent() -> None:
    verdict = replace(VERDICT, picture_digest="0f" * 32, consent_id="consent-1")

    (record,) = reported(UploadResult(verdict, Disposition.DECIDED)).records

    assert not {"0f" * 32, "consent-1"} & {str(value) for value in record.values()}


def test_a_consent_id_that_was_ignored_is_in_the_log() -> None:
    (record,) = reported(DECIDED, UploadTrace(consent_id_ignored=True)).records

    assert record["consent_id_ignored"] is True
