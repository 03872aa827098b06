"""Uploads that the scenarios send: pictures, names that say what they show, S3's events."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

from liveness.model import Outcome
from local.stack import PROJECT

_EVENT = PROJECT / "events" / "s3-object-created.json"
_COMMENT = b"\xff\xfe"
_WORDS = (("live", Outcome.LIVE), ("spoof", Outcome.NOT_LIVE))


@dataclass(frozen=True, slots=True)
class Name:
    """A key, and the outcome that it asks the stand-in for."""

    key: str
    expected: Outcome

    @property
    def folder(self) -> str:
        """All of the key but its last segment."""
        return self.key.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Sent:
    """One upload."""

    name: Name
    bucket: str
    version: str
    content: bytes

    @property
    def path(self) -> str:
        """`bucket/key`, as addresses have it."""
        return f"{self.bucket}/{self.name.key}"

    @property
    def object(self) -> str:
        """`s3://bucket/key`, as the table has it."""
        return f"s3://{self.path}"

    def event(self) -> dict[str, Any]:
        """The notification that S3 sends of it, for a further delivery."""
        event: dict[str, Any] = json.loads(_EVENT.read_text())
        s3 = event["Records"][0]["s3"]
        s3["bucket"]["name"] = self.bucket
        s3["object"] |= {"key": self.name.key, "versionId": self.version, "size": len(self.content)}
        return event


def names(folder: str, count: int) -> list[Name]:
    """So many keys in a folder, live and spoof in turn.

    The folder's own name is in their last segment, too: the stand-in's rules see no other.
    """
    kind = folder.rpartition("/")[2].replace(" ", "-")
    return [
        Name(f"{folder}/{word}-{kind}-{number:05}.jpg", outcome)
        for number in range(count)
        for word, outcome in (_WORDS[number % len(_WORDS)],)
    ]


def picture(key: str) -> bytes:
    """A small 3:4 JPEG that no other key has: the stand-in knows inline pictures by their bytes."""
    file = BytesIO()
    Image.new("RGB", (90, 120), "grey").save(file, "JPEG")
    jpeg, name = file.getvalue(), key.encode()
    return jpeg[:2] + _COMMENT + (len(name) + 2).to_bytes(2) + name + jpeg[2:]


def sha256(content: bytes) -> str:
    """The digest of a picture's bytes, as the stand-in's rules and counts have it."""
    return hashlib.sha256(content).hexdigest()
