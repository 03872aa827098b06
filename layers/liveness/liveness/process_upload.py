"""The use case: one upload, from its lease to its published verdict.

Reads from top to bottom: acquire the lease, read the head, validate, detect (and look for other
uses of the picture), decide, save or defer, publish, mark as published.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from liveness.backoff import WITHIN_AN_INVOCATION
from liveness.decision import Thresholds, decide
from liveness.errors import (
    AwsServiceError,
    ImageDownloadError,
    ImageRejectedByServiceError,
    ImageRejectedError,
    LeaseHeldError,
    LeaseLostError,
    NoVerdictError,
)
from liveness.image_rules import ImageRules
from liveness.models import (
    Deadline,
    DeferredVerdict,
    DeliveryAttempt,
    Detection,
    Disposition,
    EraseAfterVerdict,
    Lease,
    Outcome,
    ReusePolicy,
    StoredVerdict,
    Upload,
    UploadResult,
    Verdict,
)
from liveness.picture import Picture
from liveness.ports import (
    DigestKey,
    ImageStore,
    LivenessDetector,
    RetryQueue,
    UploadForms,
    VerdictPublisher,
    VerdictStore,
)
from liveness.reuse import refused
from liveness.trace import Publication, Span, UploadTrace

# What may follow the deadline of the detection, from saving to dead-lettering (docs/capacity.md
# adds it up).
RESERVED_AFTER_DETECTION = timedelta(seconds=65)
# The lease outlives the invocation by five seconds, for clock skew; beyond, the token fences.
LEASE_MARGIN = RESERVED_AFTER_DETECTION + timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One delivery of an upload; its picture is being read in another thread."""

    upload: Upload
    deadline: Deadline
    trace: UploadTrace
    picture: Picture


@dataclass(frozen=True, slots=True)
class UploadProcessor:
    """The collaborators and rules that processing an upload needs; all are safe for threads."""

    images: ImageStore
    detector: LivenessDetector
    verdicts: VerdictStore
    publisher: VerdictPublisher
    retry_queue: RetryQueue
    digest_key: DigestKey
    executor: Executor
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    forms: UploadForms | None = None
    rules: ImageRules = field(default_factory=ImageRules)
    thresholds: Thresholds = field(default_factory=Thresholds)
    inline_fallback: bool = True
    erase_after_verdict: EraseAfterVerdict = EraseAfterVerdict.NEVER
    tag_uploads: bool = False
    reuse_policy: ReusePolicy = ReusePolicy.REPORT

    def process(
        self,
        upload: Upload,
        deadline: Deadline,
        trace: UploadTrace,
        attempt: DeliveryAttempt | None = None,
        deferred: DeferredVerdict | None = None,
    ) -> UploadResult:
        """Bring one upload to its verdict, which is stored before it is published.

        `attempt` and `deferred` come with a message of RetryQueue. On a final attempt, or after a
        final error, an upload without a verdict is saved and published as `failed`; a deferred
        verdict never is. Raises a NoVerdictError where the upload must be delivered again: then
        nothing was published, unless marking, erasing or tagging failed afterwards, which the
        next delivery repeats.
        """
        delivery = self._start(upload, deadline, trace)
        if deferred and (result := self._save_deferred(delivery, deferred)):
            return result
        lease = self._acquire_lease(delivery)
        if isinstance(lease, StoredVerdict):
            return self._republish_if_unpublished(delivery, lease)
        with self._released_on_error(delivery, lease):
            try:
                verdict = self._determine_verdict(delivery)
            except NoVerdictError as error:
                if not (error.is_final or (attempt and attempt.is_final)):
                    raise
                verdict = self._failed(delivery, error)
            saved = self._save_or_defer(delivery, lease, verdict)
        if saved is None:
            return UploadResult(verdict, Disposition.DEFERRED)
        return self._publish(delivery, saved, Disposition.DECIDED)

    def _start(self, upload: Upload, deadline: Deadline, trace: UploadTrace) -> _Delivery:
        """Begin what runs in parallel with the lease, which saves round trips."""
        stores = self.images, self.verdicts, self.digest_key, self.forms
        return _Delivery(upload, deadline, trace, Picture(upload, *stores, self.executor, trace))

    def _save_deferred(self, delivery: _Delivery, deferred: DeferredVerdict) -> UploadResult | None:
        """Save what was billed in an earlier delivery; None where its lease was lost."""
        # Where S3 fails, the next delivery saves. Where the object is gone, the verdict stands.
        if isinstance(error := delivery.picture.head.exception(), AwsServiceError):
            raise error
        delivery.picture.find_reuse()
        try:
            saved = self._save(delivery, deferred.lease, deferred.verdict)
        except LeaseLostError:
            return None
        return self._publish(delivery, saved, Disposition.DECIDED)

    def _acquire_lease(self, delivery: _Delivery) -> Lease | StoredVerdict:
        duration = timedelta(seconds=delivery.deadline.remaining) + LEASE_MARGIN
        with delivery.trace.span(Span.ACQUIRE_LEASE):
            lease = self.verdicts.acquire_lease(delivery.upload, duration)
        if isinstance(lease, Lease) and lease.is_takeover:
            delivery.trace.lease_taken_over = True
        return lease

    @contextmanager
    def _released_on_error(self, delivery: _Delivery, lease: Lease) -> Iterator[None]:
        try:
            yield
        except NoVerdictError:
            with delivery.trace.span(Span.RELEASE_LEASE):
                self.verdicts.release_lease(lease)
            raise

    def _determine_verdict(self, delivery: _Delivery) -> Verdict:
        image = None
        try:
            delivery.picture.require_unused_form()
            head = delivery.picture.head.result()
            with delivery.trace.span(Span.VALIDATE):
                image = self.rules.validate(head)
            delivery.picture.find_reuse()
            with delivery.trace.span(Span.DETECT):
                detection = self._detect(delivery)
            decision = decide(detection, self.thresholds)
        except ImageRejectedError as rejected:
            error = rejected.response if isinstance(rejected, ImageRejectedByServiceError) else None
            return Verdict(
                delivery.upload,
                Outcome.RETAKE,
                self.now(),
                reason=rejected.reason,
                advice=rejected.advice,
                image=image or rejected.image,
                error=error,
            )
        return Verdict(
            delivery.upload, decision.outcome, self.now(), decision=decision, image=image
        )

    def _failed(self, delivery: _Delivery, error: NoVerdictError) -> Verdict:
        return Verdict(
            delivery.upload,
            Outcome.FAILED,
            self.now(),
            reason=error.reason,
            error=error.response,
        )

    def _detect(self, delivery: _Delivery) -> Detection:
        """Send a presigned URL; where it cannot be downloaded, a fresh one, then the image.

        Without `inline_fallback`, the first URL is the only one.
        """
        detect = partial(
            self.detector.detect,
            deadline=delivery.deadline,
            on_attempt=delivery.trace.detection_attempts.append,
        )
        try:
            return detect(url=self.images.presign(delivery.upload))
        except ImageDownloadError:
            if not self.inline_fallback:
                raise
        try:
            return detect(url=self.images.presign(delivery.upload))
        except ImageDownloadError:
            return detect(image=self.images.read(delivery.upload))

    def _save_or_defer(self, delivery: _Delivery, lease: Lease, verdict: Verdict) -> Verdict | None:
        """Save the verdict and return what was saved, or defer a billed one and return None.

        A deferred verdict keeps its lease, under which a later delivery saves it.
        """
        try:
            return self._save(delivery, lease, verdict)
        except AwsServiceError as error:
            if verdict.decision is None:
                raise
            with delivery.trace.span(Span.DEFER):
                self.retry_queue.defer(DeferredVerdict(lease, verdict))
            delivery.trace.deferral_cause = str(error)
            return None

    def _save(self, delivery: _Delivery, lease: Lease, verdict: Verdict) -> Verdict:
        """Save the verdict with what is known of its picture, and return that.

        Tries again while there is time: somebody waits for the verdict.
        """
        attempts = 0
        while True:
            try:
                complete = delivery.picture.describe_in(verdict)
                if self.reuse_policy is ReusePolicy.REFUSE:
                    complete = refused(complete)
                with delivery.trace.span(Span.SAVE):
                    self.verdicts.save(lease, complete)
            except AwsServiceError as error:
                attempts += 1
                delay = WITHIN_AN_INVOCATION.seconds(attempts)
                if error.is_permanent or delivery.deadline.remaining < delay:
                    raise
            else:
                return complete
            self.sleep(delay)

    def _publish(
        self, delivery: _Delivery, verdict: Verdict, disposition: Disposition
    ) -> UploadResult:
        trace = delivery.trace
        if later := self._later_than_failed(delivery, verdict):
            return UploadResult(later, Disposition.DUPLICATE)
        with trace.span(Span.PUBLISH):
            sns_message_id = self.publisher.publish(verdict)
        trace.publication = Publication(verdict.outcome, sns_message_id, self.now())
        with trace.span(Span.MARK_PUBLISHED):
            self.verdicts.mark_published(verdict)
        self._erase_or_tag(delivery, verdict)
        return UploadResult(verdict, disposition)

    def _later_than_failed(self, delivery: _Delivery, verdict: Verdict) -> Verdict | None:
        """What another delivery has decided since a `failed` was saved.

        Published after it, `failed` would be heard last. Raises LeaseHeldError where another
        delivery is still deciding.
        """
        if verdict.outcome is not Outcome.FAILED:
            return None
        with delivery.trace.span(Span.READ_VERDICT):
            stored = self.verdicts.read(delivery.upload)
        if stored is None:
            raise LeaseHeldError("another delivery decides on the upload again")
        return None if stored.verdict.id == verdict.id else stored.verdict

    def _republish_if_unpublished(self, delivery: _Delivery, stored: StoredVerdict) -> UploadResult:
        if not stored.is_published:
            return self._publish(delivery, stored.verdict, Disposition.REPUBLISHED)
        # Once more, in case an earlier delivery published it and could not erase or tag.
        self._erase_or_tag(delivery, stored.verdict)
        return UploadResult(stored.verdict, Disposition.DUPLICATE)

    def _erase_or_tag(self, delivery: _Delivery, verdict: Verdict) -> None:
        """What may follow the publication. Where it fails, the next delivery repeats it.

        A `failed` upload was not judged, and has no tags.
        """
        upload, trace = delivery.upload, delivery.trace
        if self.erase_after_verdict.includes(verdict.outcome):
            with trace.span(Span.ERASE):
                self.images.erase(upload)
        elif self.tag_uploads and verdict.outcome is not Outcome.FAILED:
            tags = {"liveness": verdict.outcome.value, "liveness-id": verdict.id}
            with trace.span(Span.TAG):
                trace.not_tagged = not self.images.tag(upload, tags)
