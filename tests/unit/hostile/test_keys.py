"""A key is a name and nothing else: whatever its text, it is the key of exactly that object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote_plus, unquote, urlsplit

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config

from liveness.aws.s3 import S3Images
from liveness.aws.sns import SNSPublisher
from liveness.errors import UnknownEventError
from liveness.events import uploads_in
from liveness.models import Outcome, Upload, Verdict
from liveness.verdict_record import to_record
from tests.unit.hostile.keys import TAKEN, UNTAKEN
from tests.unit.hostile.messages import notification

BUCKET = "selfie-liveness-123456789012-ap-southeast-1-an"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_S3 = boto3.client(
    "s3",
    region_name="us-east-1",
    aws_access_key_id="made-up",
    aws_secret_access_key="made-up",
    config=Config(signature_version="s3v4"),
)


class TopicInMemory:
    """Records what was published."""

    def __init__(self) -> None:
        self.published: dict[str, Any] = {}

    def publish(self, **request: Any) -> dict[str, str]:
        self.published = request
        return {"MessageId": "made-up"}


def upload_of(key: str) -> Upload:
    # As S3 encodes it.
    (upload,) = uploads_in(notification(key=quote_plus(key, safe="/*")))
    return upload


@pytest.mark.parametrize("key", TAKEN.values(), ids=TAKEN)
def test_a_key_is_stored_published_and_presigned_exactly_as_it_is(key: str) -> None:
    upload = upload_of(key)
    verdict = Verdict(upload, Outcome.RETAKE, NOW, reason="aspect_ratio")
    topic: Any = TopicInMemory()

    SNSPublisher(topic, "arn").publish(verdict)
    url = urlsplit(S3Images(_S3).presign(upload))

    assert (upload.bucket, upload.key) == (BUCKET, key)
    # The formats of table and topic return it.
    stored = TypeSerializer().serialize(to_record(verdict)["object"])
    assert TypeDeserializer().deserialize(stored) == f"s3://{BUCKET}/{key}"
    assert json.loads(topic.published["Message"])["object"] == f"s3://{BUCKET}/{key}"
    assert json.loads(topic.published["Message"])["outcome"] == "retake"
    assert _attributes(topic.published) == {
        "outcome": "retake",
        "reason": "aspect_ratio",
        "bucket": BUCKET,
    }
    # Nothing of it becomes a host, a query or a fragment.
    assert url.scheme == "https"
    assert url.hostname == f"{BUCKET}.s3.amazonaws.com"
    assert unquote(url.path) == f"/{key}"
    assert url.fragment == ""
    query = parse_qs(url.query, strict_parsing=True)
    assert query["versionId"] == [upload.version]
    assert query["X-Amz-Expires"] == ["300"]
    assert len(query) == 7
    # A log record stays one line, and an id contains nothing of it.
    assert json.dumps({"object": upload.object}).isprintable()
    assert len(upload.id) == 36


def _attributes(published: Mapping[str, Any]) -> dict[str, str]:
    return {name: each["StringValue"] for name, each in published["MessageAttributes"].items()}


def test_no_two_keys_have_the_same_id() -> None:
    assert len({upload_of(key).id for key in TAKEN.values()}) == len(TAKEN)


@pytest.mark.parametrize("key", UNTAKEN.values(), ids=UNTAKEN)
def test_an_invalid_key_is_refused_and_not_quoted(key: object) -> None:
    with pytest.raises(UnknownEventError) as refused:
        list(uploads_in(notification(key=key)))

    assert str(refused.value).startswith("Records[0].s3.object.key: ")
    assert len(str(refused.value)) < 80
