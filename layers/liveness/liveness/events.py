"""Parses uploads from every event that can carry one: S3, EventBridge, SQS, SNS, on-failure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from liveness.errors import UnknownEventError
from liveness.models import ETAG_PREFIX, Upload

# The deepest nesting that AWS builds, an on-failure record in a queue around an event that itself
# came through a topic and a queue, has eight layers, the records of each event counted.
_MAX_DEPTH = 16

# An error names this many unreadable places: as many as an SQS batch has messages by default.
_MAX_NAMED = 10

# S3 counts bytes in 64 bits; what is larger is no size, and DynamoDB would refuse it as a number.
_SIZES = range(2**63)

# S3's limit, in bytes of UTF-8.
_KEY_LENGTHS = range(1, 1024 + 1)

# Bucket names as S3 has ever allowed them: no slash, so that s3://bucket/key splits in one way.
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")

# Version ids and sequencers: visible ASCII without a colon, so that no version id can pass for the
# `etag:…` of an object that has none.
_TOKEN = re.compile(r"[!-9;-~]{1,1024}")

# As S3's events name it: bare, without the quotes, lists and wildcards that If-Match accepts.
_ETAG = re.compile(r"[A-Za-z0-9-]{1,1024}")

# S3 raises the major version when a field changes its meaning, the key's encoding included.
_EVENT_VERSION = re.compile(r"2\.[0-9]+")


def uploads_in(event: Mapping[str, Any]) -> Iterator[Upload]:
    """Yield every upload that an event describes, in the event's order.

    `event` is what Lambda was invoked with, one record of it (a single SQS message, say), or a
    message's parsed body. It holds an S3 notification or EventBridge's "Object Created", bare or
    in SQS, in SNS, in SNS inside SQS (raw or not), and any of these in Lambda's own on-failure
    record. Other events of S3 (`s3:TestEvent`, a removal, a tag) yield nothing.

    Raises UnknownEventError after the last upload, where something has an unknown shape: a record
    that cannot be read costs no other record its verdict. Its text names the places, such as
    ``Records[2].body: not JSON``, and quotes nothing from them.
    """
    unread: list[UnknownEventError] = []
    yield from _uploads(_Place(event), 0, unread)
    if unread:
        named = [str(problem) for problem in unread[:_MAX_NAMED]]
        more = [f"and {len(unread) - _MAX_NAMED} more"] if len(unread) > _MAX_NAMED else []
        raise UnknownEventError("; ".join(named + more)) from unread[0]


def _uploads(place: _Place, depth: int, unread: list[UnknownEventError]) -> Iterator[Upload]:
    try:
        contents = list(_contents(place, depth))
    except UnknownEventError as problem:
        unread.append(problem)
        return
    for content in contents:
        if isinstance(content, Upload):
            yield content
        else:
            yield from _uploads(content, depth + 1, unread)


@dataclass(frozen=True, slots=True)
class _Place:
    """A JSON value and the path to it, by which an error names it."""

    value: Any
    path: str = ""

    def at(self, *names: str) -> _Place:
        """The place further in; where the last name is absent, its value is None."""
        place = self
        for name in names:
            if not isinstance(place.value, Mapping):
                raise place.unreadable("an object")
            place = place.inside(name, place.value.get(name))
        return place

    def inside(self, step: str, value: object) -> _Place:
        return _Place(value, f"{self.path}.{step}" if self.path else step)

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.unreadable("text")
        return self.value

    def matching(self, pattern: re.Pattern[str]) -> str:
        if not pattern.fullmatch(text := self.text()):
            raise self.unreadable("of the form S3 gives it")
        return text

    def parsed(self) -> _Place:
        # A number too long to read is a ValueError, nesting too deep a RecursionError.
        try:
            return _Place(json.loads(self.text()), self.path)
        except (ValueError, RecursionError) as cause:
            raise self.unreadable("JSON") from cause

    def unreadable(self, wanted: str) -> UnknownEventError:
        lack = "missing" if self.value is None else f"not {wanted}"
        return UnknownEventError(f"{self.path or 'event'}: {lack}")


def _contents(place: _Place, depth: int) -> Iterator[_Place | Upload]:
    """What is directly inside an envelope: further ones, or an upload; `depth` are around it."""
    if depth > _MAX_DEPTH:
        raise UnknownEventError(f"{place.path}: inside too many envelopes")
    match place.value:
        case {"Records": [*records]}:
            for number, record in enumerate(records):
                yield place.inside(f"Records[{number}]", record)
        case {"eventSource": "aws:sqs"}:
            yield place.at("body").parsed()
        case {"EventSource": "aws:sns"}:
            yield place.at("Sns", "Message").parsed()
        case {"Type": "Notification", "TopicArn": str()}:
            yield place.at("Message").parsed()
        case {"requestContext": {"functionArn": str()}}:
            yield place.at("requestPayload")
        case _:
            yield from _of_s3(place)


def _of_s3(place: _Place) -> Iterator[Upload]:
    match place.value:
        case {"eventSource": "aws:s3", "eventName": str(name)}:
            if name.startswith("ObjectCreated:"):
                place.at("eventVersion").matching(_EVENT_VERSION)
                time, names = place.at("eventTime"), ("versionId", "eTag")
                yield _upload(place.at("s3"), time, names, is_encoded=True)
        case {"source": "aws.s3", "detail-type": str(name)}:
            if name == "Object Created":
                time, names = place.at("time"), ("version-id", "etag")
                yield _upload(place.at("detail"), time, names, is_encoded=False)
        case {"Service": "Amazon S3", "Event": "s3:TestEvent"}:
            pass
        case _:
            raise place.unreadable("an event that can carry an upload")


def _upload(
    described: _Place, time: _Place, version_names: tuple[str, str], *, is_encoded: bool
) -> Upload:
    stored = described.at("object")
    return Upload(
        bucket=described.at("bucket", "name").matching(_BUCKET),
        key=_key(stored.at("key"), is_encoded=is_encoded),
        version=_version(*(stored.at(name) for name in version_names)),
        uploaded_at=_timestamp(time),
        size=_size(stored.at("size")),
        sequencer=_sequencer(stored.at("sequencer")),
    )


def _key(place: _Place, *, is_encoded: bool) -> str:
    """The key as it was put; S3's notifications carry it URL-encoded, EventBridge does not."""
    # The cause is left out: its text would quote from the key.
    try:
        key = unquote_plus(place.text(), errors="strict") if is_encoded else place.text()
        length = len(key.encode())
    except UnicodeError:
        raise place.unreadable("UTF-8") from None
    if length not in _KEY_LENGTHS:
        raise place.unreadable("1 to 1,024 bytes long")
    return key


def _version(version_id: _Place, etag: _Place) -> str:
    """The version id, or `etag:…` in a bucket that keeps none.

    Where versioning is suspended S3 sends "null", the id of a version that the next upload
    overwrites: it does not distinguish two uploads, the ETag does.
    """
    if version_id.value in (None, "null"):
        return ETAG_PREFIX + etag.matching(_ETAG)
    return version_id.matching(_TOKEN)


def _timestamp(place: _Place) -> datetime:
    # The cause is left out: its text would quote the value.
    try:
        timestamp = datetime.fromisoformat(place.text())
        if timestamp.tzinfo is None:
            raise place.unreadable("a time with its zone")
        return timestamp.astimezone(UTC)
    except (ValueError, OverflowError):
        raise place.unreadable("a time in ISO 8601") from None


def _size(place: _Place) -> int | None:
    if place.value is None:
        return None
    if type(place.value) is not int or place.value not in _SIZES:
        raise place.unreadable("a number of bytes")
    return place.value


def _sequencer(place: _Place) -> str | None:
    return None if place.value is None else place.matching(_TOKEN)
