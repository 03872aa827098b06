"""The use case with collaborators in memory, and a few results for its detector."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime

from liveness.errors import (
    AwsServiceError,
    ImageDownloadError,
    LivenessError,
    ServiceUnreachableError,
    UnknownModelError,
)
from liveness.models import (
    Action,
    Deadline,
    DeferredVerdict,
    DeliveryAttempt,
    Detection,
    EraseAfterVerdict,
    ErrorResponse,
    Lease,
    ReusePolicy,
    Upload,
    UploadResult,
    Verdict,
)
from liveness.ports import UploadForms
from liveness.process_upload import UploadProcessor
from liveness.trace import UploadTrace
from liveness.verdict_record import Record
from tests.unit.fakes import (
    FixedDigestKey,
    ImagesInMemory,
    InlineExecutor,
    PublisherInMemory,
    RetryQueueInMemory,
    StubDetector,
    VerdictsInMemory,
)
from tests.unit.image_heads import png

UPLOADED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DECIDED_AT = datetime(2026, 11, 23, 12, 0, 1, 234567, tzinfo=UTC)
UPLOAD = Upload("selfies", "ann/1.png", "v1", UPLOADED_AT, size=100)
LIVE = Detection(Action.DETECT_LIVE_FACE, "3.0", "req-1", is_liveness=True)
SPOOF = Detection(Action.DETECT_LIVE_FACE, "3.0", "req-1", is_liveness=False)
NOT_DOWNLOADED = ImageDownloadError(ErrorResponse("FailedOperation.ImageDownloadError", "no"))
UNREACHABLE = ServiceUnreachableError(ErrorResponse("NoAnswer.TimedOut", "timed out"))
UNKNOWN_MODEL = UnknownModelError(ErrorResponse("NoAnswer.UnknownModel", "3.1"))
DEADLINE = Deadline(at=10.0, clock=lambda: 0.0)
FIRST = DeliveryAttempt(1, is_final=False)
FINAL = DeliveryAttempt(9, is_final=True)


class UseCase:
    """One use case and its collaborators, for the assertions of a test."""

    def __init__(
        self,
        *results: Detection | LivenessError,
        content: bytes | LivenessError | None = None,
        verdicts: VerdictsInMemory | None = None,
        executor: Executor | None = None,
        inline_fallback: bool = True,
        erase_after_verdict: EraseAfterVerdict = EraseAfterVerdict.NEVER,
        tag_uploads: bool = False,
        reuse_policy: ReusePolicy = ReusePolicy.REPORT,
        forms: UploadForms | None = None,
    ) -> None:
        self.images = ImagesInMemory({"v1": png() if content is None else content}, subject="ann")
        self.detector = StubDetector(list(results))
        self.verdicts = verdicts or VerdictsInMemory()
        self.publisher = PublisherInMemory()
        self.retry_queue = RetryQueueInMemory()
        self.digest_key = FixedDigestKey()
        self.slept: list[float] = []
        self.processor = UploadProcessor(
            self.images,
            self.detector,
            self.verdicts,
            self.publisher,
            self.retry_queue,
            self.digest_key,
            executor or InlineExecutor(),
            now=lambda: DECIDED_AT,
            sleep=self.slept.append,
            inline_fallback=inline_fallback,
            erase_after_verdict=erase_after_verdict,
            tag_uploads=tag_uploads,
            reuse_policy=reuse_policy,
            forms=forms,
        )

    def process(
        self,
        attempt: DeliveryAttempt | None = None,
        *,
        deferred: DeferredVerdict | None = None,
        deadline: Deadline = DEADLINE,
        trace: UploadTrace | None = None,
    ) -> UploadResult:
        """Process UPLOAD once."""
        return self.processor.process(UPLOAD, deadline, trace or UploadTrace(), attempt, deferred)

    @property
    def row(self) -> Record:
        """What the table has of UPLOAD."""
        record = self.verdicts.items[UPLOAD.object, UPLOAD.version].record
        assert record
        return record

    @property
    def published(self) -> Record:
        """The record of the one verdict that was published."""
        (record,) = self.publisher.records
        return record


@dataclass
class FailingVerdicts(VerdictsInMemory):
    """A table whose next saves fail."""

    failures: int = 3
    code: str = "InternalServerError"

    def save(self, lease: Lease, verdict: Verdict) -> None:
        if self.failures:
            self.failures -= 1
            raise AwsServiceError("dynamodb", self.code)
        super().save(lease, verdict)
