"""Uploads that RetryQueue delivers again, until they have a verdict or fail."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liveness.errors import (
    AwsServiceError,
    LeaseHeldError,
    LeaseLostError,
    ServiceUnreachableError,
)
from liveness.models import (
    Disposition,
    EraseAfterVerdict,
    Lease,
    Outcome,
    Verdict,
)
from liveness.verdict_record import to_record
from tests.unit.fakes import Item, VerdictsInMemory
from tests.unit.use_case import (
    DECIDED_AT,
    FINAL,
    FIRST,
    LIVE,
    UNKNOWN_MODEL,
    UNREACHABLE,
    UPLOAD,
    UseCase,
)


def test_before_the_final_attempt_an_upload_without_a_verdict_is_delivered_again() -> None:
    use_case = UseCase(UNREACHABLE)

    with pytest.raises(ServiceUnreachableError):
        use_case.process(FIRST)
    assert use_case.publisher.published == []
    assert use_case.verdicts.items == {}


def test_the_final_attempt_saves_and_publishes_failed() -> None:
    use_case = UseCase(UNREACHABLE)

    result = use_case.process(FINAL)

    assert (result.verdict.outcome, result.disposition) == (Outcome.FAILED, Disposition.DECIDED)
    assert use_case.published["outcome"] == "failed"
    assert use_case.published["reason"] == "service_unreachable"
    assert use_case.published["error_code"] == "NoAnswer.TimedOut"
    assert use_case.published["id"] == f"{UPLOAD.id}-failed"
    item = use_case.verdicts.items[UPLOAD.object, UPLOAD.version]
    assert item.is_published
    assert use_case.row == {
        **use_case.published,
        "picture_digest": use_case.row["picture_digest"],
    }


def test_the_final_attempt_may_still_end_in_a_verdict() -> None:
    use_case = UseCase(LIVE)

    use_case.process(FINAL)

    assert use_case.published["outcome"] == "live"


def test_a_failure_that_could_not_be_published_is_published_before_it_is_reopened() -> None:
    use_case = UseCase(UNREACHABLE)

    def fail(_verdict: Verdict) -> None:
        raise AwsServiceError("sns", "InternalError")

    use_case.publisher.before = fail
    with pytest.raises(AwsServiceError):
        use_case.process(FINAL)
    use_case.publisher.before = lambda _verdict: None

    result = use_case.process(FINAL)

    assert result.disposition is Disposition.REPUBLISHED
    assert use_case.published["outcome"] == "failed"
    assert len(use_case.detector.sent) == 1


def test_a_failed_upload_that_is_redriven_is_decided_and_its_verdict_has_its_own_id() -> None:
    use_case = UseCase(UNREACHABLE, LIVE)
    use_case.process(FINAL)

    use_case.process(FIRST)

    failed, live = use_case.publisher.records
    assert (failed["outcome"], live["outcome"]) == ("failed", "live")
    assert failed["id"] != live["id"]


@pytest.mark.parametrize("outcome", [Outcome.RETAKE, Outcome.FAILED])
def test_a_verdict_of_another_delivery_is_not_replaced_by_failed(outcome: Outcome) -> None:
    record = to_record(Verdict(UPLOAD, outcome, DECIDED_AT))

    class TakenOver(VerdictsInMemory):
        def save(self, lease: Lease, verdict: Verdict) -> None:
            self.items[UPLOAD.object, UPLOAD.version] = Item("of another delivery", record)
            super().save(lease, verdict)

        def release_lease(self, lease: Lease) -> None:
            """It is no longer ours."""

    use_case = UseCase(UNREACHABLE, verdicts=TakenOver())

    with pytest.raises(LeaseLostError):
        use_case.process(FINAL)
    assert use_case.publisher.published == []
    assert use_case.verdicts.items[UPLOAD.object, UPLOAD.version].record == record


def test_a_final_attempt_acquires_one_lease() -> None:
    use_case = UseCase(UNREACHABLE)

    use_case.process(FINAL)

    assert use_case.verdicts.leases == 1


def test_a_verdict_that_came_between_saving_and_publishing_failed_silences_it() -> None:
    class DecidedMeanwhile(VerdictsInMemory):
        def save(self, lease: Lease, verdict: Verdict) -> None:
            super().save(lease, verdict)
            record = to_record(Verdict(UPLOAD, Outcome.LIVE, DECIDED_AT))
            self.items[UPLOAD.object, UPLOAD.version] = Item(None, record, is_published=True)

    use_case = UseCase(UNREACHABLE, verdicts=DecidedMeanwhile())

    result = use_case.process(FINAL)

    assert (result.verdict.outcome, result.disposition) == (Outcome.LIVE, Disposition.DUPLICATE)
    assert use_case.publisher.published == []


def test_failed_waits_while_another_delivery_decides_again() -> None:
    class Reopened(VerdictsInMemory):
        def save(self, lease: Lease, verdict: Verdict) -> None:
            super().save(lease, verdict)
            self.items[UPLOAD.object, UPLOAD.version] = Item("of another delivery")

    use_case = UseCase(UNREACHABLE, verdicts=Reopened())

    with pytest.raises(LeaseHeldError):
        use_case.process(FINAL)
    assert use_case.publisher.published == []


def test_an_answer_of_an_unknown_model_fails_on_the_first_delivery() -> None:
    use_case = UseCase(UNKNOWN_MODEL)

    result = use_case.process()

    assert (result.verdict.outcome, result.verdict.reason) == (Outcome.FAILED, "unknown_model")
    assert len(use_case.detector.sent) == 1


def test_a_failure_of_aws_has_the_service_and_its_code() -> None:
    use_case = UseCase(content=AwsServiceError("s3", "AccessDenied"))

    use_case.process(FINAL)

    assert use_case.published["reason"] == "storage_fault"
    assert use_case.published["error_code"] == "s3.AccessDenied"


def test_the_image_of_a_failed_upload_is_kept_for_its_redrive() -> None:
    use_case = UseCase(UNREACHABLE, erase_after_verdict=EraseAfterVerdict.ALWAYS)

    use_case.process(FINAL)

    assert use_case.published["outcome"] == "failed"
    assert use_case.images.erased == []


def test_a_final_attempt_waits_for_a_lease_that_is_held() -> None:
    use_case = UseCase(LIVE)
    use_case.verdicts.acquire_lease(UPLOAD, timedelta(minutes=1))

    with pytest.raises(LeaseHeldError):
        use_case.process(FINAL)
    assert use_case.publisher.published == []


def test_a_failed_verdict_has_the_response_of_the_service() -> None:
    use_case = UseCase(UNREACHABLE)

    assert use_case.process(FINAL).verdict.error is UNREACHABLE.response


def test_a_failed_verdict_has_its_subject_where_the_head_could_be_read() -> None:
    use_case = UseCase(UNREACHABLE)

    use_case.process(FINAL)

    assert use_case.published["subject"] == "ann"


def test_a_failed_verdict_has_no_subject_where_the_head_could_not_be_read() -> None:
    use_case = UseCase(content=AwsServiceError("s3", "AccessDenied"))

    use_case.process(FINAL)

    assert "subject" not in use_case.published


def test_a_final_attempt_reads_the_head_only_once() -> None:
    use_case = UseCase(UNREACHABLE)

    use_case.process(FINAL)

    assert use_case.images.heads_read == [UPLOAD]
