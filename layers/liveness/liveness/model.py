"""Values of one upload's story, and the rules that are theirs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote

from liveness.errors import ErrorAnswer, ServiceUnreachable

type Fact = str | int | bool | Decimal
type Facts = Mapping[str, Fact]

_UPLOAD_IDS = uuid.UUID("6f0c1b52-6a0e-5b5e-9a7e-1d3f3c5f8a10")


class Outcome(StrEnum):
    """What every upload ends in (design, "Four outcomes")."""

    LIVE = "live"
    NOT_LIVE = "not_live"
    RETAKE = "retake"
    FAILED = "failed"


class EraseAfterVerdict(StrEnum):
    """When a picture is erased (template.yaml, the parameter of this name)."""

    NEVER = "never"
    LIVE = "live"
    ALWAYS = "always"

    def covers(self, outcome: Outcome) -> bool:
        """Whether a picture with this outcome goes; a failed one is kept for its replay."""
        match self:
            case EraseAfterVerdict.NEVER:
                return False
            case EraseAfterVerdict.LIVE:
                return outcome is Outcome.LIVE
        return outcome is not Outcome.FAILED


class Action(StrEnum):
    """The two judging Actions of `iai` 2020-03-03 (api-facts, "State of the Action")."""

    DETECT_LIVE_FACE = "DetectLiveFace"
    DETECT_LIVE_FACE_ACCURATE = "DetectLiveFaceAccurate"


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of one object, as the event told of it.

    `version` is S3's version id, or `etag:…` where the bucket keeps none.
    """

    bucket: str
    key: str
    version: str
    uploaded_at: datetime
    size: int | None = None
    sequencer: str | None = None

    @property
    def object(self) -> str:
        """`s3://bucket/key`, the key as it is, not encoded."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def version_id(self) -> str | None:
        """S3's version id; None in a bucket without versions."""
        return None if self.version.startswith("etag:") else self.version

    @property
    def id(self) -> str:
        """The same for every delivery of the same upload, and silent about its key."""
        return _id(self.object, self.version)


# Every step of an upload is told with it; a batch has ten uploads.
@lru_cache(maxsize=16)
def _id(name: str, version: str) -> str:
    quoted = quote(name, safe="", errors="surrogatepass")
    return str(uuid.uuid5(_UPLOAD_IDS, f"{quoted} {version}"))


@dataclass(frozen=True, slots=True)
class Picture:
    """What was uploaded: `format` is JPEG, PNG or BMP; width and height as a viewer shows them."""

    format: str
    width: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class Detection:
    """What the API said of a picture (detect-live-face.txt §3).

    `score` is 0-100 and means something for model 2.0 and for DetectLiveFaceAccurate,
    `is_liveness` for model 3.0 of DetectLiveFace.
    """

    action: Action
    face_model_version: str
    request_id: str
    score: Decimal | None = None
    is_liveness: bool | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to the service: how many seconds it took, and what it failed with, if it did.

    `kind` is that of the error (`errors.py`), `code` one that the catalogue lists, or "unlisted".
    """

    seconds: float
    kind: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A detection and what it means; `threshold` is None where the service decides itself."""

    outcome: Outcome
    detection: Detection
    threshold: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores that part live from not live (detect-live-face.txt §3; api-facts for Accurate)."""

    model_2: Decimal = Decimal(87)
    accurate: Decimal = Decimal(40)

    def judge(self, detection: Detection) -> Judgement:
        """Decide by Action and by the model that answered (design, step 5).

        Raises ServiceUnreachable where the field that decides is missing or out of range,
        and for a model nobody has told us how to read.
        """
        match (detection.action, detection.face_model_version):
            case (Action.DETECT_LIVE_FACE, "3.0") if detection.is_liveness is not None:
                return Judgement(_live_if(detection.is_liveness), detection)
            case (Action.DETECT_LIVE_FACE, "2.0"):
                live = _in_range(detection) > self.model_2
                return Judgement(_live_if(live), detection, self.model_2)
            case (Action.DETECT_LIVE_FACE_ACCURATE, "3.0"):
                live = _in_range(detection) >= self.accurate
                return Judgement(_live_if(live), detection, self.accurate)
        raise ServiceUnreachable(_undecidable(detection))


def _live_if(live: bool) -> Outcome:
    return Outcome.LIVE if live else Outcome.NOT_LIVE


def _in_range(detection: Detection) -> Decimal:
    if detection.score is None or not Decimal(0) <= detection.score <= Decimal(100):
        raise ServiceUnreachable(_undecidable(detection))
    return detection.score


def _undecidable(detection: Detection) -> ErrorAnswer:
    return ErrorAnswer(
        code="AnswerUnusable",
        message=f"{detection.action} answered without the field that decides for its model",
        request_id=detection.request_id,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one true answer for an upload.

    `answer` is what the service said where it gave no judgement.
    """

    upload: Upload
    outcome: Outcome
    decided_at: datetime
    reason: str | None = None
    advice: str | None = None
    judgement: Judgement | None = None
    picture: Picture | None = None
    subject: str | None = None
    answer: ErrorAnswer | None = None

    @property
    def id(self) -> str:
        """Equal for every announcement of this answer.

        `failed` has an id of its own, so that a subscriber who drops ids that it has seen
        still hears the verdict that a later replay gives.
        """
        return f"{self.upload.id}-failed" if self.outcome is Outcome.FAILED else self.upload.id

    def facts(self) -> Facts:
        """What the table keeps and the announcement says, under the same names."""
        facts: dict[str, Fact | None] = {
            "object": self.upload.object,
            "version": self.upload.version,
            "id": self.id,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "advice": self.advice,
            "size": self.upload.size,
            "subject": self.subject,
            "uploaded_at": as_text(self.upload.uploaded_at),
            "decided_at": as_text(self.decided_at),
        }
        if self.picture:
            facts |= asdict(self.picture)
        if self.judgement:
            facts |= asdict(self.judgement.detection) | {"threshold": self.judgement.threshold}
        if self.answer:
            facts |= {"error_code": self.answer.code, "request_id": self.answer.request_id}
        return {name: fact for name, fact in facts.items() if fact is not None}


def as_text(moment: datetime) -> str:
    """An aware moment as ISO 8601 in UTC with milliseconds, which sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment by which a piece of work must be over, on a monotonic clock in seconds."""

    at: float
    clock: Callable[[], float]

    @property
    def left(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - self.clock())

    def but(self, seconds: float) -> Deadline:
        """The same, that much earlier."""
        return Deadline(self.at - seconds, self.clock)
