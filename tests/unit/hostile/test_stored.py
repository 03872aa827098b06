"""Stored objects are read within limits, and only the subject of their metadata is published."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from liveness.aws.s3 import S3Images
from liveness.aws.sns import notification
from liveness.errors import ImageRejectedError
from liveness.image_rules import FIRST_BYTES, MAX_HEAD_BYTES, ImageRules
from liveness.models import Action, Deadline, Detection, ImageHead, Upload, Verdict
from liveness.process_upload import UploadProcessor
from liveness.trace import UploadTrace
from liveness.verdict_record import to_public_record
from tests.unit.fakes import (
    FixedDigestKey,
    InlineExecutor,
    PublisherInMemory,
    RetryQueueInMemory,
    StubDetector,
    VerdictsInMemory,
)
from tests.unit.hostile.stored import LET_THROUGH, METADATA, REFUSED, SIZES
from tests.unit.image_heads import png, reading

UPLOAD = Upload("selfies", "1.png", "v1", datetime(2026, 11, 23, 12, tzinfo=UTC), size=1)
SPOOF = Detection(Action.DETECT_LIVE_FACE, "3.0", "req-1", is_liveness=False)
DEADLINE = Deadline(at=10.0, clock=lambda: 0.0)
# DynamoDB's limit for the key of an index, in bytes.
MAX_INDEX_KEY = 2048
OF_METADATA = {"subject", "consent_id"}


class ObjectInMemory:
    """One object in S3, whose declared size may be larger. Records the requested ranges."""

    def __init__(
        self,
        content: bytes,
        metadata: Mapping[str, str] | None = None,
        declared: int | None = None,
    ) -> None:
        self.content = content
        self.metadata = dict(metadata or {})
        self.size = len(content) if declared is None else declared
        self.ranges: list[str] = []

    def get_object(self, **request: str) -> dict[str, Any]:
        self.ranges.append(request["Range"])
        start, end = map(int, request["Range"].removeprefix("bytes=").split("-"))
        part = self.content[start : end + 1]
        content_range = f"bytes {start}-{start + len(part) - 1}/{self.size}"
        return {"Body": io.BytesIO(part), "ContentRange": content_range, "Metadata": self.metadata}

    def generate_presigned_url(self, *_: object, **__: object) -> str:
        return "https://images.example/1?signature=1"


def processed(stored: ObjectInMemory, *results: Detection) -> tuple[Verdict, StubDetector]:
    s3: Any = stored
    detector = StubDetector(list(results))
    publisher = PublisherInMemory()
    processor = UploadProcessor(
        S3Images(s3),
        detector,
        VerdictsInMemory(),
        publisher,
        RetryQueueInMemory(),
        FixedDigestKey(),
        InlineExecutor(),
        now=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC),
    )
    processor.process(UPLOAD, DEADLINE, UploadTrace())
    (verdict,) = publisher.published
    return verdict, detector


@pytest.mark.parametrize("metadata", METADATA.values(), ids=METADATA)
def test_only_subject_and_consent_id_of_the_metadata_are_published(
    metadata: Mapping[str, str],
) -> None:
    without, _ = processed(ObjectInMemory(png()), SPOOF)

    verdict, _ = processed(ObjectInMemory(png(), metadata), SPOOF)

    record = to_public_record(verdict)
    subject = record.get("subject")
    others = {name: value for name, value in record.items() if name not in OF_METADATA}
    assert others == to_public_record(without)
    assert subject == (metadata.get("subject") or None)
    assert record.get("consent_id") == (metadata.get("consent-id") or None)
    assert json.loads(notification(record)) == {"schema_version": "1.0", **record}
    assert subject is None or 0 < len(str(subject).encode()) <= MAX_INDEX_KEY


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_only_the_first_bytes_of_an_object_that_is_too_large_are_read(size: int) -> None:
    stored = ObjectInMemory(png() + bytes(FIRST_BYTES), declared=size)

    verdict, detector = processed(stored)

    assert (verdict.outcome, verdict.reason) == ("retake", "file_too_large")
    assert detector.sent == []
    assert stored.ranges == [f"bytes=0-{FIRST_BYTES - 1}"]


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_file_is_a_retake_with_its_reason(content: bytes, reason: str) -> None:
    stored = ObjectInMemory(content)

    verdict, detector = processed(stored)

    assert (verdict.outcome, verdict.reason) == ("retake", reason)
    assert detector.sent == []
    assert _last_byte(stored) < MAX_HEAD_BYTES + FIRST_BYTES


@pytest.mark.parametrize("content", LET_THROUGH.values(), ids=LET_THROUGH)
def test_a_file_with_a_valid_head_gets_the_services_verdict_and_is_not_decompressed(
    content: bytes,
) -> None:
    reader = CountedReads(content)

    ImageRules().validate(ImageHead(len(content), None, reading(reader)))
    verdict, detector = processed(ObjectInMemory(content), SPOOF)

    assert reader.bytes_read <= MAX_HEAD_BYTES
    assert verdict.outcome == "not_live"
    assert len(detector.sent) == 1


class CountedReads(io.BytesIO):
    """Counts the bytes that are read."""

    bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.bytes_read += len(content)
        return content


def _last_byte(stored: ObjectInMemory) -> int:
    return max(int(requested.rpartition("-")[2]) for requested in stored.ranges)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_file_whose_declared_size_is_too_large_is_not_read(size: int) -> None:
    reader = CountedReads(png())

    with pytest.raises(ImageRejectedError, match="file_too_large"):
        ImageRules().validate(ImageHead(size, None, reading(reader)))

    assert reader.bytes_read == 0
