"""Envelopes → uploads: what S3 said, whatever it came wrapped in (design, step 1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from liveness.errors import NotAnUpload
from liveness.model import Upload

# The longest way that AWS builds, an on-failure record in a queue around an event that itself came
# through a topic and a queue, has eight layers, the records of each event counted.
_DEEPEST = 16

# An error names this many unreadable places: as many as an SQS batch has messages by default.
_NAMED = 10

# S3 counts bytes in 64 bits; what is larger is no size, and DynamoDB would refuse it as a number.
_SIZES = range(2**63)

# S3's limit, in bytes of UTF-8.
_KEY_LENGTHS = range(1, 1024 + 1)

# Bucket names as S3 has ever allowed them: no slash, so that s3://bucket/key splits in one way.
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")

# Version ids, ETags and sequencers: visible ASCII without a colon, so that no version id can pass
# for the `etag:…` of an object that has none.
_TOKEN = re.compile(r"[!-9;-~]{1,1024}")

# S3 raises the major version when a field changes its meaning, the key's encoding included.
_EVENT_VERSION = re.compile(r"2\.[0-9]+")


def uploads_in(event: Mapping[str, Any]) -> Iterator[Upload]:
    """Yield every upload that an event tells of, in the event's order.

    `event` is what Lambda was invoked with, one record of it (a single SQS message, say), or a
    message's parsed body. It holds an S3 notification or EventBridge's "Object Created", bare or
    in SQS, in SNS, in SNS inside SQS (raw or not), and any of these in Lambda's own on-failure
    record. What S3 tells that is no upload (`s3:TestEvent`, a removal, a tag) yields nothing.

    A record that cannot be read costs no other record its verdict: whatever can be read is
    yielded first, then comes the error.

    Raises
    ------
    NotAnUpload
        After the last upload, where something has a shape nobody told us how to read. Its text
        names the places, such as ``Records[2].body: not JSON``, and quotes nothing from them.

    Examples
    --------
    >>> for upload in uploads_in(event):
    ...     check_upload(upload, pictures, judge, verdicts, announcements)
    """
    unread: list[NotAnUpload] = []
    yield from _unwrapped(_Envelope(_Place(event)), unread)
    if unread:
        named = [str(problem) for problem in unread[:_NAMED]]
        more = [f"and {len(unread) - _NAMED} more"] if len(unread) > _NAMED else []
        raise NotAnUpload("; ".join(named + more)) from unread[0]


def _unwrapped(envelope: _Envelope, unread: list[NotAnUpload]) -> Iterator[Upload]:
    try:
        contents = list(envelope.contents())
    except NotAnUpload as problem:
        unread.append(problem)
        return
    for content in contents:
        if isinstance(content, Upload):
            yield content
        else:
            yield from _unwrapped(content, unread)


@dataclass(frozen=True, slots=True)
class _Place:
    """A JSON value and the path that leads to it, by which an error names it."""

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

    def unreadable(self, wanted: str) -> NotAnUpload:
        lack = "missing" if self.value is None else f"not {wanted}"
        return NotAnUpload(f"{self.path or 'event'}: {lack}")


@dataclass(frozen=True, slots=True)
class _Envelope:
    """One layer of what an upload arrives in; `depth` counts the layers around it."""

    place: _Place
    depth: int = 0

    def contents(self) -> Iterator[_Envelope | Upload]:
        """What is directly inside: the next envelopes, or what S3 tells."""
        if self.depth > _DEEPEST:
            raise NotAnUpload(f"{self.place.path}: inside too many envelopes")
        match self.place.value:
            case {"Records": [*records]}:
                for number, record in enumerate(records):
                    yield self._around(self.place.inside(f"Records[{number}]", record))
            case {"eventSource": "aws:sqs"}:
                yield self._around(self.place.at("body").parsed())
            case {"EventSource": "aws:sns"}:
                yield self._around(self.place.at("Sns", "Message").parsed())
            case {"Type": "Notification", "TopicArn": str()}:
                yield self._around(self.place.at("Message").parsed())
            case {"requestContext": {"functionArn": str()}}:
                yield self._around(self.place.at("requestPayload"))
            case _:
                yield from self._told_by_s3()

    def _around(self, inside: _Place) -> _Envelope:
        return _Envelope(inside, self.depth + 1)

    def _told_by_s3(self) -> Iterator[Upload]:
        match self.place.value:
            case {"eventSource": "aws:s3", "eventName": str(name)}:
                if name.startswith("ObjectCreated:"):
                    yield _from_notification(self.place)
            case {"source": "aws.s3", "detail-type": str(name)}:
                if name == "Object Created":
                    yield _from_eventbridge(self.place)
            case {"Service": "Amazon S3", "Event": "s3:TestEvent"}:
                pass
            case _:
                raise self.place.unreadable("an envelope that an upload arrives in")


def _from_notification(record: _Place) -> Upload:
    record.at("eventVersion").matching(_EVENT_VERSION)
    stored = record.at("s3", "object")
    return Upload(
        bucket=record.at("s3", "bucket", "name").matching(_BUCKET),
        key=_key(stored.at("key"), encoded=True),
        version=_version(stored.at("versionId"), stored.at("eTag")),
        uploaded_at=_moment(record.at("eventTime")),
        size=_size(stored.at("size")),
        sequencer=_sequencer(stored.at("sequencer")),
    )


def _from_eventbridge(event: _Place) -> Upload:
    stored = event.at("detail", "object")
    return Upload(
        bucket=event.at("detail", "bucket", "name").matching(_BUCKET),
        key=_key(stored.at("key"), encoded=False),
        version=_version(stored.at("version-id"), stored.at("etag")),
        uploaded_at=_moment(event.at("time")),
        size=_size(stored.at("size")),
        sequencer=_sequencer(stored.at("sequencer")),
    )


def _key(place: _Place, *, encoded: bool) -> str:
    """The key as it was put; S3's notifications carry it URL-encoded, EventBridge does not."""
    # The cause is left out: its text would quote from the key.
    try:
        key = unquote_plus(place.text(), errors="strict") if encoded else place.text()
        length = len(key.encode())
    except UnicodeError:
        raise place.unreadable("UTF-8") from None
    if length not in _KEY_LENGTHS:
        raise place.unreadable("1 to 1,024 bytes long")
    return key


def _version(version_id: _Place, etag: _Place) -> str:
    """The version id, or `etag:…` in a bucket that keeps none.

    Where versioning is suspended S3 says "null", the id of a version that the next upload
    overwrites: it tells no two uploads apart, the ETag does.
    """
    if version_id.value in (None, "null"):
        return f"etag:{etag.matching(_TOKEN)}"
    return version_id.matching(_TOKEN)


def _moment(place: _Place) -> datetime:
    # The cause is left out: its text would quote what stands there.
    try:
        moment = datetime.fromisoformat(place.text())
        if moment.tzinfo is None:
            raise place.unreadable("a time with its zone")
        return moment.astimezone(UTC)
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
