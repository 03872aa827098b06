"""The uploads of the scenarios: keys that say what the image shows, images, and S3's events."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

from liveness.models import Outcome
from tests.local_cloud.sample_events import s3_event

_COMMENT = b"\xff\xfe"
_WORDS = (("live", Outcome.LIVE), ("spoof", Outcome.NOT_LIVE))


@dataclass(frozen=True, slots=True)
class PlannedUpload:
    """A key, and the outcome that its name requests of the fake."""

    key: str
    expected: Outcome

    @property
    def folder(self) -> str:
        """All of the key but its last segment."""
        return self.key.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class SentUpload:
    """One upload to the bucket."""

    planned: PlannedUpload
    bucket: str
    version: str
    content: bytes

    @property
    def path(self) -> str:
        """`bucket/key`, as in URLs."""
        return f"{self.bucket}/{self.planned.key}"

    @property
    def object(self) -> str:
        """`s3://bucket/key`, as in the table."""
        return f"s3://{self.path}"

    def event(self) -> str:
        """The notification that S3 sends about it, for one more delivery."""
        size = len(self.content)
        return s3_event(self.bucket, self.planned.key, self.version, size=size)


def plan_uploads(folder: str, count: int) -> list[PlannedUpload]:
    """Plan so many uploads to a folder, alternately live and spoof.

    The last segment of each key contains the folder's own name, because the fake's rules match
    nothing else.
    """
    kind = folder.rpartition("/")[2].replace(" ", "-")
    return [
        PlannedUpload(f"{folder}/{word}-{kind}-{number:05}.jpg", outcome)
        for number in range(count)
        for word, outcome in (_WORDS[number % len(_WORDS)],)
    ]


def unique_jpeg(key: str) -> bytes:
    """A small 3:4 JPEG that differs for each key: the fake knows inline images by their bytes."""
    file = BytesIO()
    Image.new("RGB", (90, 120), "grey").save(file, "JPEG")
    jpeg, name = file.getvalue(), key.encode()
    return jpeg[:2] + _COMMENT + (len(name) + 2).to_bytes(2) + name + jpeg[2:]


def rules_by_bytes(planned: Iterable[PlannedUpload]) -> list[dict[str, Any]]:
    """Stub rules by which the fake detects an image that it gets without a URL, and so a name.

    That is the inline fallback, after the emulator was twice too slow for the download.
    """
    return [
        {"effect": "spoof", "sha256": sha256(unique_jpeg(each.key))}
        for each in planned
        if each.expected is Outcome.NOT_LIVE
    ]


def sha256(content: bytes) -> str:
    """The digest of an image's bytes, as the fake's rules and counts use it."""
    return hashlib.sha256(content).hexdigest()
