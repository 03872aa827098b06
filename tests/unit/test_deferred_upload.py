"""A verdict that was billed waits in RetryQueue for the table, and is not billed again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from liveness.deferred_verdict import from_message
from liveness.errors import (
    AwsServiceError,
    ImageRejectedError,
    LeaseHeldError,
    LivenessError,
)
from liveness.events import uploads_in
from liveness.models import (
    Deadline,
    Decision,
    DeferredVerdict,
    DeliveryAttempt,
    Detection,
    Disposition,
    EraseAfterVerdict,
    Lease,
    Outcome,
    UploadResult,
    Verdict,
)
from liveness.verdict_record import Record
from tests.unit.image_heads import GIF
from tests.unit.use_case import (
    DEADLINE,
    FINAL,
    FIRST,
    LIVE,
    SPOOF,
    UNREACHABLE,
    UPLOAD,
    FailingVerdicts,
    UseCase,
)

SHORT = Deadline(at=0.4, clock=lambda: 0.0)
TABLE_DOWN = AwsServiceError("dynamodb", "InternalServerError")
KEY = (UPLOAD.object, UPLOAD.version)


class DeferredUseCase(UseCase):
    """An upload whose verdict the table did not take, and the message that carries it."""

    def __init__(self, *results: Detection | LivenessError, **options: Any) -> None:
        self.table = FailingVerdicts(failures=1)
        super().__init__(*(results or (LIVE,)), verdicts=self.table, **options)
        self.first = self.process(deadline=SHORT)

    @property
    def message(self) -> str:
        (message,) = self.retry_queue.messages
        return message

    def redeliver(
        self, attempt: DeliveryAttempt = FIRST, deadline: Deadline = DEADLINE
    ) -> UploadResult:
        (upload,) = uploads_in(json.loads(self.message))
        deferred = from_message(self.message, upload)
        assert deferred
        return self.process(attempt, deferred=deferred, deadline=deadline)


def test_a_verdict_that_the_table_does_not_take_is_deferred_and_not_published() -> None:
    use_case = DeferredUseCase()

    assert use_case.first.disposition is Disposition.DEFERRED
    assert use_case.publisher.published == []
    assert len(use_case.table.items) == 1, "its lease is not released"


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ValidationException", "ResourceNotFoundException"]
)
def test_a_verdict_that_can_never_be_saved_is_deferred_without_another_try(code: str) -> None:
    use_case = UseCase(LIVE, verdicts=FailingVerdicts(code=code))

    assert use_case.process().disposition is Disposition.DEFERRED
    assert use_case.slept == []


@pytest.mark.parametrize("attempt", [FIRST, FINAL])
def test_a_deferred_verdict_is_saved_and_published_without_another_detection(
    attempt: DeliveryAttempt,
) -> None:
    use_case = DeferredUseCase()

    assert use_case.redeliver(attempt).disposition is Disposition.DECIDED
    assert len(use_case.detector.sent) == 1
    assert use_case.published == published_without_outage(LIVE)
    assert use_case.row == {
        **use_case.published,
        "picture_digest": use_case.row["picture_digest"],
    }


def published_without_outage(result: Detection) -> Record:
    """What is published where the table takes the verdict at once."""
    use_case = UseCase(result)
    use_case.process()
    return use_case.published


def test_a_deferred_verdict_never_fails_however_often_the_table_does_not_take_it() -> None:
    use_case = DeferredUseCase()
    use_case.table.failures = 3

    for attempt in (FIRST, FINAL, FINAL):
        with pytest.raises(AwsServiceError):
            use_case.redeliver(attempt, SHORT)
    assert use_case.publisher.published == []

    use_case.redeliver()
    assert use_case.published["outcome"] == "live"
    assert len(use_case.detector.sent) == 1


def test_the_same_record_is_published_again_where_marking_as_published_failed() -> None:
    use_case = DeferredUseCase()
    mark_published = use_case.table.mark_published

    def fail(verdict: Verdict) -> None:
        raise TABLE_DOWN

    use_case.table.mark_published = fail  # type: ignore[method-assign]  # one call fails
    with pytest.raises(AwsServiceError):
        use_case.redeliver()
    use_case.table.mark_published = mark_published  # type: ignore[method-assign]
    use_case.redeliver()

    first, second = use_case.publisher.records
    assert first == second


def test_a_second_copy_of_the_message_detects_nothing_and_publishes_nothing() -> None:
    use_case = DeferredUseCase()
    use_case.redeliver()

    assert use_case.redeliver().disposition is Disposition.DUPLICATE
    assert len(use_case.publisher.published) == 1
    assert len(use_case.detector.sent) == 1


def test_where_another_invocation_took_the_upload_over_the_deferred_verdict_is_dropped() -> None:
    use_case = DeferredUseCase()
    use_case.table.items[KEY].lease_token = "of another invocation"

    with pytest.raises(LeaseHeldError):
        use_case.redeliver()
    assert use_case.publisher.published == []


def test_a_made_up_deferred_verdict_is_not_saved() -> None:
    use_case = UseCase(SPOOF)
    decided_at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    verdict = Verdict(UPLOAD, Outcome.LIVE, decided_at, decision=Decision(Outcome.LIVE, LIVE))

    use_case.process(FIRST, deferred=DeferredVerdict(Lease(UPLOAD, "a guess"), verdict))

    assert use_case.published["outcome"] == "not_live"
    assert len(use_case.detector.sent) == 1


def test_a_deferred_verdict_stands_also_where_its_image_is_gone_by_then() -> None:
    use_case = DeferredUseCase()
    use_case.images.by_version["v1"] = ImageRejectedError("picture_gone", "Take another.")

    use_case.redeliver()

    assert use_case.published["outcome"] == "live"
    assert use_case.published["width"] == 300
    assert "subject" not in use_case.published


def test_a_subject_that_cannot_be_read_now_is_read_by_the_next_delivery() -> None:
    use_case = DeferredUseCase()
    content = use_case.images.by_version["v1"]
    use_case.images.by_version["v1"] = AwsServiceError("s3", "SlowDown")

    with pytest.raises(AwsServiceError):
        use_case.redeliver()
    use_case.images.by_version["v1"] = content
    use_case.redeliver()

    assert use_case.published["subject"] == "ann"


def test_an_image_is_erased_only_after_its_deferred_verdict_was_published() -> None:
    use_case = DeferredUseCase(erase_after_verdict=EraseAfterVerdict.ALWAYS)
    assert use_case.images.erased == []

    use_case.redeliver()

    assert use_case.images.erased == [UPLOAD]


def test_where_neither_the_table_nor_the_queue_takes_a_verdict_the_lease_is_released() -> None:
    use_case = UseCase(LIVE, LIVE, verdicts=FailingVerdicts(failures=1))
    use_case.retry_queue.error = AwsServiceError("sqs", "InternalError")

    with pytest.raises(AwsServiceError, match="sqs"):
        use_case.process(deadline=SHORT)
    assert use_case.verdicts.items == {}

    use_case.process()
    assert use_case.published["outcome"] == "live"


def test_a_retake_that_cost_no_call_is_not_deferred() -> None:
    use_case = UseCase(content=GIF, verdicts=FailingVerdicts())

    with pytest.raises(AwsServiceError):
        use_case.process(deadline=SHORT)

    assert use_case.retry_queue.messages == []
    assert use_case.verdicts.items == {}


def test_a_failure_that_cannot_be_saved_is_not_deferred() -> None:
    use_case = UseCase(UNREACHABLE, verdicts=FailingVerdicts())

    with pytest.raises(AwsServiceError):
        use_case.process(FINAL, deadline=SHORT)

    assert use_case.retry_queue.messages == []


def test_a_message_whose_lease_no_longer_stands_fails_like_any_other() -> None:
    use_case = DeferredUseCase(LIVE, UNREACHABLE)
    use_case.table.items.clear()

    use_case.redeliver(FINAL)

    assert use_case.published["outcome"] == "failed"
