"""What lies in the bucket is looked at in bounds, and says nothing but whose picture it is."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from liveness.aws.s3 import S3Pictures
from liveness.aws.sns import message
from liveness.check import CheckLiveness
from liveness.errors import PictureUnfit
from liveness.model import Action, Deadline, Detection, Facts, Upload
from liveness.picture import FIRST_BYTES, FURTHEST_BYTES, PictureRules
from tests.unit.fakes import (
    AnnouncementsInMemory,
    SafekeepingInMemory,
    ScriptedJudge,
    VerdictsInMemory,
)
from tests.unit.hostile.stored import LET_THROUGH, METADATA, REFUSED, SIZES
from tests.unit.pictures import png

UPLOAD = Upload("selfies", "1.png", "v1", datetime(2026, 11, 23, 12, tzinfo=UTC), size=1)
SPOOF = Detection(Action.DETECT_LIVE_FACE, "3.0", "req-1", is_liveness=False)
DEADLINE = Deadline(at=10.0, clock=lambda: 0.0)
# DynamoDB's limit for the key of an index, in bytes.
LONGEST_INDEX_KEY = 2048


class Object:
    """One object in S3, which may be larger than what there is of it. Remembers what was asked."""

    def __init__(
        self,
        content: bytes,
        metadata: Mapping[str, str] | None = None,
        declared: int | None = None,
    ) -> None:
        self.content = content
        self.metadata = dict(metadata or {})
        self.size = len(content) if declared is None else declared
        self.asked: list[str] = []

    def get_object(self, **asked: str) -> dict[str, Any]:
        self.asked.append(asked["Range"])
        start, end = map(int, asked["Range"].removeprefix("bytes=").split("-"))
        part = self.content[start : end + 1]
        told = f"bytes {start}-{start + len(part) - 1}/{self.size}"
        return {"Body": io.BytesIO(part), "ContentRange": told, "Metadata": self.metadata}

    def address(self, *_asked: object) -> str:
        return "https://pictures.example/1?signature=1"


def checked(stored: Object, *answers: Detection) -> tuple[Facts, ScriptedJudge]:
    s3: Any = stored
    judge = ScriptedJudge(list(answers))
    announcements = AnnouncementsInMemory()
    liveness = CheckLiveness(
        S3Pictures(s3, presigner=s3),
        judge,
        VerdictsInMemory(),
        announcements,
        SafekeepingInMemory(),
        now=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC),
    )
    liveness.check(UPLOAD, DEADLINE)
    (facts,) = announcements.told
    return facts, judge


@pytest.mark.parametrize("metadata", METADATA.values(), ids=METADATA)
def test_metadata_says_whose_picture_it_is_and_nothing_else(metadata: Mapping[str, str]) -> None:
    without, _ = checked(Object(png()), SPOOF)

    facts, _ = checked(Object(png(), metadata), SPOOF)

    subject = facts.get("subject")
    assert {name: fact for name, fact in facts.items() if name != "subject"} == without
    assert subject == (metadata.get("subject") or None)
    assert json.loads(message(facts)) == {"schema_version": "1.0", **facts}
    assert subject is None or 0 < len(str(subject).encode()) <= LONGEST_INDEX_KEY


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_of_an_object_that_is_too_large_no_more_than_its_first_bytes_is_read(size: int) -> None:
    stored = Object(png() + bytes(FIRST_BYTES), declared=size)

    facts, judge = checked(stored)

    assert (facts["outcome"], facts["reason"]) == ("retake", "file_too_large")
    assert judge.asked == []
    assert stored.asked == [f"bytes=0-{FIRST_BYTES - 1}"]


@pytest.mark.parametrize(("content", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_picture_to_judge_is_sent_back_with_its_reason(
    content: bytes, reason: str
) -> None:
    stored = Object(content)

    facts, judge = checked(stored)

    assert (facts["outcome"], facts["reason"]) == ("retake", reason)
    assert judge.asked == []
    assert _furthest(stored) < FURTHEST_BYTES + FIRST_BYTES


@pytest.mark.parametrize("content", LET_THROUGH.values(), ids=LET_THROUGH)
def test_a_file_with_an_orderly_head_gets_the_services_verdict_and_nothing_is_unpacked(
    content: bytes,
) -> None:
    reader = Counting(content)

    PictureRules().examine(reader, len(content))
    facts, judge = checked(Object(content), SPOOF)

    assert reader.bytes_read <= FURTHEST_BYTES
    assert facts["outcome"] == "not_live"
    assert len(judge.asked) == 1


class Counting(io.BytesIO):
    """Counts the bytes that are read of it."""

    bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.bytes_read += len(content)
        return content


def _furthest(stored: Object) -> int:
    return max(int(asked.rpartition("-")[2]) for asked in stored.asked)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_of_a_file_whose_size_is_told_beforehand_nothing_is_read(size: int) -> None:
    reader = Counting(png())

    with pytest.raises(PictureUnfit, match="file_too_large"):
        PictureRules().examine(reader, size)

    assert reader.bytes_read == 0
