"""The handler: events of S3, and batches of RetryQueue."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest

from liveness.errors import LeaseHeldError, LivenessError
from liveness.models import (
    Deadline,
    DeferredVerdict,
    DeliveryAttempt,
    Disposition,
    Outcome,
    Upload,
    UploadResult,
    Verdict,
)
from liveness.process_upload import RESERVED_AFTER_DETECTION
from liveness.trace import UploadTrace
from tests.unit.fakes import ImagesInMemory
from tests.unit.function.batches import FAILED_UPLOADS, SQSInMemory
from tests.unit.function.environment import Context, import_app
from tests.unit.sample_events import SAMPLES
from tests.unit.use_case import DECIDED_AT


@dataclass
class StubProcessor:
    """Decides every upload as live, but raises the error if there is one."""

    error: LivenessError | None = None
    verdict: Outcome = Outcome.LIVE
    images: ImagesInMemory = field(default_factory=lambda: ImagesInMemory({}))
    now: Callable[[], datetime] = lambda: DECIDED_AT
    calls: list[tuple[Upload, float, DeliveryAttempt | None]] = field(default_factory=list)

    def process(
        self,
        upload: Upload,
        deadline: Deadline,
        trace: UploadTrace,
        attempt: DeliveryAttempt | None,
        deferred: DeferredVerdict | None,
    ) -> UploadResult:
        self.calls.append((upload, deadline.remaining, attempt))
        if self.error:
            raise self.error
        verdict = Verdict(upload, self.verdict, DECIDED_AT, reason="unknown_model")
        return UploadResult(verdict, Disposition.DECIDED)


@pytest.fixture
def processor() -> StubProcessor:
    return StubProcessor()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, processor: StubProcessor) -> ModuleType:
    """The handler's module, with a stub of the use case."""
    module = import_app(monkeypatch)
    monkeypatch.setattr(module, "application", replace(module.application, processor=processor))
    return module


@pytest.mark.parametrize(
    "sample", ["s3-object-created", "eventbridge-object-created", "sns-s3", "on-failure-s3"]
)
def test_an_event_with_an_upload_is_processed_and_logged(
    app: ModuleType, processor: StubProcessor, caplog: pytest.LogCaptureFixture, sample: str
) -> None:
    assert app.handler(SAMPLES[sample], Context()) is None

    ((upload, _, attempt),) = processor.calls
    assert upload.key == "selfies/7f3a9c/live.jpg"
    assert attempt is None
    (record,) = caplog.records
    assert record.getMessage() == "upload processed"


def test_time_for_saving_is_reserved(app: ModuleType, processor: StubProcessor) -> None:
    app.handler(SAMPLES["s3-object-created"], Context(remaining=90))

    ((_, remaining, _),) = processor.calls
    reserved = RESERVED_AFTER_DETECTION.total_seconds()
    assert 90 - reserved - 5 < remaining <= 90 - reserved


def test_an_upload_without_a_verdict_raises_after_all_uploads_were_processed(
    app: ModuleType, processor: StubProcessor, caplog: pytest.LogCaptureFixture
) -> None:
    processor.error = LeaseHeldError("until later")

    with pytest.raises(ExceptionGroup) as raised:
        app.handler(SAMPLES["s3-two-objects-created"], Context())

    assert raised.value.exceptions == (processor.error,) * 2
    assert len(processor.calls) == 2
    assert [record.getMessage() for record in caplog.records] == ["no verdict yet"] * 2
    assert [vars(record)["reason"] for record in caplog.records] == ["leased"] * 2


def test_an_event_whose_upload_failed_at_once_goes_to_failed_uploads(
    app: ModuleType, processor: StubProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs = SQSInMemory()
    queue = replace(app.application.retry_queue, sqs=sqs, dead_letter_queue_url=FAILED_UPLOADS)
    monkeypatch.setattr(app, "application", replace(app.application, retry_queue=queue))
    processor.verdict = Outcome.FAILED

    assert app.handler(SAMPLES["s3-object-created"], Context()) is None
    ((body, reason),) = sqs.dead_letters
    assert (json.loads(body), reason) == (SAMPLES["s3-object-created"], "unknown_model")


def test_an_event_of_unknown_shape_raises(app: ModuleType, processor: StubProcessor) -> None:
    with pytest.raises(ExceptionGroup, match="uploads without a verdict"):
        app.handler({"odd": True}, Context())

    assert processor.calls == []


def test_a_batch_of_retry_queue_is_answered_message_by_message(
    app: ModuleType, processor: StubProcessor
) -> None:
    assert app.handler(SAMPLES["sqs-on-failure-s3"], Context()) == {"batchItemFailures": []}

    ((_, _, attempt),) = processor.calls
    assert attempt == DeliveryAttempt(receive_count=3, is_final=False)


def test_a_deferred_verdict_reaches_the_use_case_with_its_upload(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[DeferredVerdict | None] = []

    class Recording(StubProcessor):
        def process(self, *arguments: Any) -> UploadResult:
            received.append(arguments[-1])
            return super().process(*arguments)

    monkeypatch.setattr(app, "application", replace(app.application, processor=Recording()))

    app.handler(SAMPLES["sqs-deferred-verdict"], Context())

    (deferred,) = received
    assert deferred
    assert deferred.verdict.outcome is Outcome.LIVE
