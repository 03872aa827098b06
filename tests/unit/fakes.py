"""The use case's collaborators, in memory."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from liveness.deferred_verdict import to_message
from liveness.errors import (
    DetectionError,
    ImageRejectedByServiceError,
    LeaseHeldError,
    LeaseLostError,
    LivenessError,
    ObjectNotFoundError,
)
from liveness.models import (
    Deadline,
    DeferredVerdict,
    Detection,
    DetectionAttempt,
    ImageHead,
    Lease,
    PictureUse,
    StoredVerdict,
    Upload,
    Verdict,
)
from liveness.verdict_record import Record, from_record, to_public_record, to_record
from tests.unit.image_heads import reading

ATTEMPT_SECONDS = 0.25
LAST_MODIFIED = datetime(2020, 5, 17, tzinfo=UTC)


class InlineExecutor(Executor):
    """Runs each task at once, in the thread that submits it."""

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except LivenessError as error:
            future.set_exception(error)
        return future


@dataclass
class ImagesInMemory:
    """Uploads by version; an exception in place of bytes is raised."""

    by_version: dict[str, bytes | LivenessError]
    subject: str | None = None
    consent_id: str | None = None
    heads_read: list[Upload] = field(default_factory=list)
    presigned: int = 0
    whole_reads: int = 0
    erased: list[Upload] = field(default_factory=list)
    tagged: list[tuple[Upload, Mapping[str, str]]] = field(default_factory=list)
    takes_tags: bool | LivenessError = True

    def identify(self, upload: Upload) -> Upload:
        return upload

    def find(self, bucket: str, key: str, version_id: str | None) -> Upload:
        version = version_id or f"current-{key}"
        if version not in self.by_version:
            raise ObjectNotFoundError("no such version")
        return Upload(bucket, key, version, LAST_MODIFIED)

    def read_head(self, upload: Upload) -> ImageHead:
        self.heads_read.append(upload)
        content = self._content(upload)
        read = reading(io.BytesIO(content))
        return ImageHead(len(content), self.subject, read, self.consent_id)

    def presign(self, upload: Upload) -> str:
        self.presigned += 1
        return f"https://images.example/{upload.version}?signature={self.presigned}"

    def read(self, upload: Upload) -> bytes:
        self.whole_reads += 1
        return self._content(upload)

    def erase(self, upload: Upload) -> None:
        self.erased.append(upload)

    def tag(self, upload: Upload, tags: Mapping[str, str]) -> bool:
        if isinstance(self.takes_tags, LivenessError):
            raise self.takes_tags
        self.tagged.append((upload, tags))
        return self.takes_tags

    def _content(self, upload: Upload) -> bytes:
        content = self.by_version[upload.version]
        if isinstance(content, LivenessError):
            raise content
        return content


@dataclass
class StubDetector:
    """Returns the results in order; an exception is raised. Records the URLs and images sent."""

    results: list[Detection | LivenessError]
    sent: list[str | bytes] = field(default_factory=list)

    def detect(
        self,
        *,
        url: str | None = None,
        image: bytes | None = None,
        deadline: Deadline,
        on_attempt: Callable[[DetectionAttempt], None],
    ) -> Detection:
        assert deadline.remaining > 0
        sent = url if image is None else image
        assert sent is not None
        self.sent.append(sent)
        result = self.results.pop(0)
        if isinstance(result, ImageRejectedByServiceError | DetectionError):
            on_attempt(DetectionAttempt(ATTEMPT_SECONDS, result.kind, result.response.code))
        if isinstance(result, LivenessError):
            raise result
        on_attempt(DetectionAttempt(ATTEMPT_SECONDS))
        return result


@dataclass
class Item:
    """An item of the verdicts table; without a record it is a lease."""

    lease_token: str | None
    record: Record | None = None
    is_published: bool = False


@dataclass
class VerdictsInMemory:
    """The verdicts table by (object, version), with the rules of its conditional writes."""

    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    leases: int = 0
    lease_duration: timedelta | None = None

    def acquire_lease(self, upload: Upload, duration: timedelta) -> Lease | StoredVerdict:
        self.lease_duration = duration
        item = self.items.get(_key(upload))
        if item and item.record:
            is_published_failure = item.record["outcome"] == "failed" and item.is_published
            if not is_published_failure:
                return StoredVerdict(from_record(item.record, upload), item.is_published)
        elif item:
            raise LeaseHeldError("until later")
        self.leases += 1
        token = str(self.leases)
        self.items[_key(upload)] = Item(token)
        return Lease(upload, token)

    def save(self, lease: Lease, verdict: Verdict) -> None:
        item = self.items.get(_key(lease.upload))
        if item is None or item.lease_token != lease.token:
            raise LeaseLostError("to another invocation")
        self.items[_key(lease.upload)] = Item(lease.token, to_record(verdict))

    def read(self, upload: Upload) -> StoredVerdict | None:
        item = self.items.get(_key(upload))
        if item is None or item.record is None:
            return None
        return StoredVerdict(from_record(item.record, upload), item.is_published)

    def uses_of(self, picture_digest: str) -> list[PictureUse]:
        records = [item.record for item in self.items.values() if item.record]
        return [
            PictureUse(
                verdict.upload.object, verdict.upload.version, verdict.subject, verdict.outcome
            )
            for verdict in sorted(map(_verdict, records), key=lambda each: each.decided_at)
            if verdict.picture_digest == picture_digest
        ]

    def mark_published(self, verdict: Verdict) -> None:
        item = self.items[_key(verdict.upload)]
        if item.record and item.record["id"] == verdict.id:
            item.is_published, item.lease_token = True, None

    def release_lease(self, lease: Lease) -> None:
        self.items.pop(_key(lease.upload))


def _verdict(record: Record) -> Verdict:
    bucket, _, key = str(record["object"]).removeprefix("s3://").partition("/")
    return from_record(record, Upload(bucket, key, str(record["version"]), LAST_MODIFIED))


def _key(upload: Upload) -> tuple[str, str]:
    return upload.object, upload.version


@dataclass
class FixedDigestKey:
    """The key of digests; an error is raised. Counts how often it was used."""

    error: LivenessError | None = None
    used: int = 0

    def current(self) -> bytes:
        self.used += 1
        if self.error:
            raise self.error
        return b"the stack's key of digests"


@dataclass
class RetryQueueInMemory:
    """The messages of deferred verdicts; an error is raised."""

    messages: list[str] = field(default_factory=list)
    error: LivenessError | None = None

    def defer(self, deferred: DeferredVerdict) -> None:
        if self.error:
            raise self.error
        self.messages.append(to_message(deferred))


@dataclass
class PublisherInMemory:
    """Everything that was published, in order; `before` runs first and may raise."""

    published: list[Verdict] = field(default_factory=list)
    before: Callable[[Verdict], None] = lambda _verdict: None

    def publish(self, verdict: Verdict) -> str:
        self.before(verdict)
        self.published.append(verdict)
        return f"message-{len(self.published)}"

    @property
    def records(self) -> list[Record]:
        return [to_public_record(verdict) for verdict in self.published]
