"""The values of one upload: what S3 stored, what DetectLiveFace answered, what was decided."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote

_UPLOAD_ID_NAMESPACE = uuid.UUID("6f0c1b52-6a0e-5b5e-9a7e-1d3f3c5f8a10")
ETAG_PREFIX = "etag:"


class Outcome(StrEnum):
    """What every upload ends in (README, "Four outcomes")."""

    LIVE = "live"
    NOT_LIVE = "not_live"
    RETAKE = "retake"
    FAILED = "failed"


class Action(StrEnum):
    """The two Actions of `iai` 2020-03-03 that detect liveness (docs/detectliveface-api.md)."""

    DETECT_LIVE_FACE = "DetectLiveFace"
    DETECT_LIVE_FACE_ACCURATE = "DetectLiveFaceAccurate"


class EraseAfterVerdict(StrEnum):
    """When an image is erased (template.yaml, the parameter of this name)."""

    NEVER = "never"
    LIVE = "live"
    ALWAYS = "always"

    def includes(self, outcome: Outcome) -> bool:
        """Whether an image with this outcome is erased; a failed one is kept for its redrive."""
        if self is EraseAfterVerdict.LIVE:
            return outcome is Outcome.LIVE
        return self is EraseAfterVerdict.ALWAYS and outcome is not Outcome.FAILED


class Reuse(StrEnum):
    """How the picture of an upload was used before (docs/messages.md)."""

    OTHER_SUBJECT = "other_subject"
    AFTER_NOT_LIVE = "after_not_live"


class ReusePolicy(StrEnum):
    """What follows from a reuse (template.yaml, the parameter of this name)."""

    REPORT = "report"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of one object, as S3's event describes it.

    `version` is S3's version id, or `etag:…` where the bucket keeps no versions. `size` is in
    bytes.
    """

    bucket: str
    key: str
    version: str
    uploaded_at: datetime
    size: int | None = None
    sequencer: str | None = None

    @property
    def object(self) -> str:
        """`s3://bucket/key`; the key is not URL-encoded."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def version_id(self) -> str | None:
        """S3's version id; None in a bucket without versions."""
        return None if self.version.startswith(ETAG_PREFIX) else self.version

    @property
    def etag(self) -> str:
        """The ETag that stands for the version in a bucket without versions."""
        return self.version.removeprefix(ETAG_PREFIX)

    @property
    def id(self) -> str:
        """UUID version 5 of bucket, key and version: equal for every delivery of this upload."""
        return _upload_id(self.object, self.version)


# Each span of an upload carries the id; a batch has ten uploads.
@lru_cache(maxsize=16)
def _upload_id(name: str, version: str) -> str:
    quoted = quote(name, safe="", errors="surrogatepass")
    return str(uuid.uuid5(_UPLOAD_ID_NAMESPACE, f"{quoted} {version}"))


@dataclass(frozen=True, slots=True)
class ImageHead:
    """What one ranged GET returns of an object version.

    `size` is the whole object's, in bytes; `subject` and `consent_id` are user metadata;
    `read(start, end)` returns the bytes between, and fetches those that are not at hand.
    """

    size: int
    subject: str | None
    read: Callable[[int, int], bytes]
    consent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A valid image: `format` is JPEG, PNG or BMP; width and height as a viewer shows them."""

    format: str
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class Detection:
    """What the API answered about one image, reduced to the field that decides.

    `score` is 0-100 and decides for model 2.0 and for DetectLiveFaceAccurate, `is_liveness` for
    model 3.0 of DetectLiveFace; the other one is None.
    """

    action: Action
    face_model_version: str
    request_id: str
    score: Decimal | None = None
    is_liveness: bool | None = None


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """What the service answered instead of a detection, or a code of ours for no usable answer.

    `attempts` counts the requests sent for this call, the one with this answer included.
    """

    code: str
    message: str
    request_id: str | None = None
    attempts: int = 1

    def __str__(self) -> str:
        request_id = f", RequestId {self.request_id}" if self.request_id else ""
        return f"{self.code}: {self.message} (attempts: {self.attempts}{request_id})"


@dataclass(frozen=True, slots=True)
class Decision:
    """A detection and what it means; `threshold` is None where the service itself decides."""

    outcome: Outcome
    detection: Detection
    threshold: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one true answer for an upload.

    `decision` is there for `live` and `not_live`, `reason` for `retake` and `failed`, `advice`
    for `retake`. `error` is what the service answered where it did not detect. `picture_digest`
    is for the table alone, and never published.
    """

    upload: Upload
    outcome: Outcome
    decided_at: datetime
    reason: str | None = None
    advice: str | None = None
    decision: Decision | None = None
    image: Image | None = None
    subject: str | None = None
    consent_id: str | None = None
    picture_digest: str | None = None
    reuse: Reuse | None = None
    error: ErrorResponse | None = None

    @property
    def id(self) -> str:
        """Equal for every notification of this verdict.

        `failed` has an id of its own, so that a subscriber who drops the ids that it has seen
        still receives the verdict of a later redrive.
        """
        return f"{self.upload.id}-failed" if self.outcome is Outcome.FAILED else self.upload.id


@dataclass(frozen=True, slots=True)
class PictureUse:
    """A stored verdict on an upload of the same picture: which upload, whose, and its outcome."""

    object: str
    version: str
    subject: str | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Lease:
    """The exclusive right to decide on an upload, until it expires.

    `token` is the fencing token of every write. `is_takeover` says that the lease of another
    invocation had expired without a verdict.
    """

    upload: Upload
    token: str
    is_takeover: bool = False


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """A verdict that is in the table already, and whether it has been published."""

    verdict: Verdict
    is_published: bool


@dataclass(frozen=True, slots=True)
class DeferredVerdict:
    """A verdict that was paid for and that the table did not take, with the lease to save it."""

    lease: Lease
    verdict: Verdict


class Disposition(StrEnum):
    """How the processing of one delivery of an upload ended."""

    DECIDED = "decided"
    REPUBLISHED = "republished"
    DEFERRED = "deferred"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class UploadResult:
    """The verdict of an upload, and how this delivery came to it."""

    verdict: Verdict
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """A delivery by RetryQueue; an upload that a final one leaves without a verdict fails."""

    receive_count: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class DetectionAttempt:
    """One request to the service: its duration in seconds, and its error, if it failed.

    `kind` is that of the error (`errors.py`), `code` one of `tencent/error_codes.py`, or
    "unlisted".
    """

    duration: float
    kind: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment by which a piece of work must be over, on a monotonic clock in seconds."""

    at: float
    clock: Callable[[], float]

    @property
    def remaining(self) -> float:
        """Seconds that remain, never below zero."""
        return max(0.0, self.at - self.clock())

    def minus(self, seconds: float) -> Deadline:
        """The same deadline, that much earlier."""
        return Deadline(self.at - seconds, self.clock)
