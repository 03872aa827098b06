"""One upload from its lease to its published verdict, with collaborators in memory."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest

from liveness.errors import (
    AwsServiceError,
    CredentialsRefusedError,
    ImageRejectedByServiceError,
    ImageRejectedError,
    LeaseHeldError,
    LeaseLostError,
    LivenessError,
    ServiceUnreachableError,
    ThrottledError,
)
from liveness.models import (
    Action,
    Deadline,
    Detection,
    Disposition,
    ErrorResponse,
    ImageHead,
    Lease,
    Outcome,
    StoredVerdict,
    Upload,
    Verdict,
)
from liveness.process_upload import LEASE_MARGIN, RESERVED_AFTER_DETECTION
from liveness.trace import Span, UploadTrace
from liveness.verdict_record import to_record
from tests.unit.fakes import VerdictsInMemory
from tests.unit.image_heads import GIF
from tests.unit.use_case import LIVE, SPOOF, UPLOAD, FailingVerdicts, UseCase


def test_a_live_selfie_is_published_with_every_field_that_has_a_meaning() -> None:
    use_case = UseCase(LIVE)

    assert use_case.process().disposition is Disposition.DECIDED
    assert use_case.published == {
        "object": "s3://selfies/ann/1.png",
        "version": "v1",
        "id": UPLOAD.id,
        "outcome": "live",
        "is_liveness": True,
        "face_model_version": "3.0",
        "action": "DetectLiveFace",
        "request_id": "req-1",
        "size": 100,
        "width": 300,
        "height": 400,
        "format": "PNG",
        "subject": "ann",
        "uploaded_at": "2026-11-23T12:00:00.000Z",
        "decided_at": "2026-11-23T12:00:01.234Z",
    }
    assert uuid.UUID(UPLOAD.id).version == 5


def test_the_result_has_the_verdict_that_was_published() -> None:
    use_case = UseCase(LIVE)

    assert use_case.publisher.published == [use_case.process().verdict]


def test_a_presentation_attack_is_published_as_not_live() -> None:
    use_case = UseCase(SPOOF)

    use_case.process()

    assert use_case.published["outcome"] == "not_live"


def test_the_score_of_model_2_is_compared_with_the_threshold_and_both_are_published() -> None:
    detection = Detection(Action.DETECT_LIVE_FACE, "2.0", "req-1", score=Decimal("87.5"))
    use_case = UseCase(detection)

    use_case.process()

    assert use_case.published["outcome"] == "live"
    assert use_case.published["score"] == Decimal("87.5")
    assert use_case.published["threshold"] == Decimal(87)


def test_an_image_outside_the_rules_is_a_retake_that_costs_no_call() -> None:
    use_case = UseCase(content=GIF)

    use_case.process()

    assert use_case.published["outcome"] == "retake"
    assert use_case.published["reason"] == "format_gif"
    assert use_case.published["advice"]
    assert use_case.published["subject"] == "ann"
    assert use_case.detector.sent == []


def test_an_image_that_the_service_rejects_is_a_retake_with_its_code() -> None:
    response = ErrorResponse("InvalidParameterValue.NoFaceInPhoto", "no face", "req-9")
    use_case = UseCase(ImageRejectedByServiceError("no_face", "Show your face.", response))

    use_case.process()

    assert use_case.published["outcome"] == "retake"
    assert use_case.published["reason"] == "no_face"
    assert use_case.published["advice"] == "Show your face."
    assert use_case.published["error_code"] == "InvalidParameterValue.NoFaceInPhoto"
    assert use_case.published["request_id"] == "req-9"
    assert use_case.published["width"] == 300


def test_an_image_that_is_gone_is_a_retake() -> None:
    use_case = UseCase(content=ImageRejectedError("picture_gone", "Please take another."))

    use_case.process()

    assert use_case.published["reason"] == "picture_gone"
    assert "subject" not in use_case.published


@pytest.mark.parametrize(
    "error",
    [
        ServiceUnreachableError(ErrorResponse("NoAnswer.TimedOut", "timed out")),
        ThrottledError(ErrorResponse("RequestLimitExceeded", "slow down")),
        CredentialsRefusedError(ErrorResponse("AuthFailure.SignatureFailure", "wrong")),
    ],
)
def test_a_detection_error_is_no_verdict_and_releases_the_lease(error: LivenessError) -> None:
    use_case = UseCase(error, LIVE)

    with pytest.raises(type(error)):
        use_case.process()
    assert use_case.publisher.published == []
    assert use_case.verdicts.items == {}

    use_case.process()
    assert use_case.published["outcome"] == "live"


def test_a_failure_of_s3_is_no_verdict() -> None:
    use_case = UseCase(content=AwsServiceError("s3", "SlowDown"))

    with pytest.raises(AwsServiceError):
        use_case.process()
    assert use_case.publisher.published == []


def test_a_duplicate_delivery_detects_nothing_and_publishes_nothing() -> None:
    use_case = UseCase(LIVE)
    first = use_case.process()

    second = use_case.process()

    assert second.disposition is Disposition.DUPLICATE
    assert to_record(second.verdict) == to_record(first.verdict)
    assert len(use_case.detector.sent) == 1
    assert len(use_case.publisher.published) == 1


def test_a_verdict_that_was_not_published_is_published_without_another_detection() -> None:
    use_case = UseCase(LIVE)

    def fail(_verdict: Verdict) -> None:
        raise AwsServiceError("sns", "InternalError")

    use_case.publisher.before = fail
    with pytest.raises(AwsServiceError):
        use_case.process()
    use_case.publisher.before = lambda _verdict: None

    assert use_case.process().disposition is Disposition.REPUBLISHED
    assert use_case.published["outcome"] == "live"
    assert len(use_case.detector.sent) == 1


def test_an_upload_whose_lease_is_held_is_not_processed() -> None:
    use_case = UseCase(LIVE)
    use_case.verdicts.acquire_lease(UPLOAD, timedelta(minutes=1))

    with pytest.raises(LeaseHeldError):
        use_case.process()
    assert use_case.detector.sent == []


def test_a_verdict_decided_after_the_lease_was_lost_is_not_published() -> None:
    class TakenOver(VerdictsInMemory):
        def save(self, lease: Lease, verdict: Verdict) -> None:
            raise LeaseLostError("to another invocation")

    use_case = UseCase(LIVE, verdicts=TakenOver())

    with pytest.raises(LeaseLostError):
        use_case.process()
    assert use_case.publisher.published == []


def test_a_verdict_is_stored_before_it_is_published() -> None:
    use_case = UseCase(LIVE)
    stored: list[bool] = []

    def check(verdict: Verdict) -> None:
        records = [item.record for item in use_case.verdicts.items.values()]
        stored.append(to_record(verdict) in records)

    use_case.publisher.before = check

    use_case.process()

    assert stored == [True]


def test_a_lease_outlives_the_invocation_that_holds_it() -> None:
    use_case = UseCase(LIVE)

    use_case.process()

    assert use_case.verdicts.lease_duration == timedelta(seconds=10) + LEASE_MARGIN
    assert LEASE_MARGIN > RESERVED_AFTER_DETECTION


def test_a_billed_verdict_is_saved_as_soon_as_the_table_takes_it() -> None:
    use_case = UseCase(LIVE, verdicts=FailingVerdicts())

    use_case.process()

    assert use_case.published["outcome"] == "live"
    assert use_case.slept == [0.5, 1.0, 2.0]


def test_a_billed_verdict_that_cannot_be_saved_in_time_is_deferred_and_not_published() -> None:
    use_case = UseCase(LIVE, verdicts=FailingVerdicts())

    result = use_case.process(deadline=Deadline(at=0.9, clock=lambda: sum(use_case.slept)))

    assert result.disposition is Disposition.DEFERRED
    assert result.verdict.outcome is Outcome.LIVE
    assert use_case.slept == [0.5]
    assert use_case.publisher.published == []
    assert len(use_case.retry_queue.messages) == 1


def test_reading_the_head_starts_before_the_lease_is_acquired() -> None:
    use_case = UseCase(LIVE)
    trace = UploadTrace()

    use_case.process(trace=trace)

    assert list(trace.durations)[:2] == [Span.READ_HEAD, Span.ACQUIRE_LEASE]
    assert use_case.images.heads_read == [UPLOAD]
    assert use_case.published["outcome"] == "live"


def test_the_head_is_read_while_the_lease_is_being_acquired() -> None:
    both = Barrier(2, timeout=5)

    class WaitingVerdicts(VerdictsInMemory):
        def acquire_lease(self, upload: Upload, duration: timedelta) -> Lease | StoredVerdict:
            both.wait()
            return super().acquire_lease(upload, duration)

    with ThreadPoolExecutor(1) as executor:
        use_case = UseCase(LIVE, verdicts=WaitingVerdicts(), executor=executor)
        read_head = use_case.images.read_head

        def waiting_read_head(upload: Upload) -> ImageHead:
            both.wait()
            return read_head(upload)

        use_case.images.read_head = waiting_read_head  # type: ignore[method-assign]  # one call
        use_case.process()

    assert use_case.published["outcome"] == "live"
