"""A key is a name and nothing else: whatever it says, it is the key of that very object."""

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
from botocore.credentials import Credentials

from liveness.aws.presigning import Presigner
from liveness.aws.s3 import S3Pictures
from liveness.aws.sns import SNSAnnouncements
from liveness.errors import NotAnUpload
from liveness.events import uploads_in
from liveness.model import Outcome, Upload, Verdict
from tests.unit.hostile.keys import TAKEN, UNTAKEN
from tests.unit.hostile.messages import notification

BUCKET = "selfie-liveness-uploads-123456789012"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_KEY = Credentials("made-up", "made-up")
_S3 = boto3.client(
    "s3",
    region_name="us-east-1",
    aws_access_key_id=_KEY.access_key,
    aws_secret_access_key=_KEY.secret_key,
    config=Config(signature_version="s3v4"),
)


class Topic:
    """Remembers what was published."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}

    def publish(self, **told: Any) -> dict[str, str]:
        self.told = told
        return {"MessageId": "made-up"}


def upload_of(key: str) -> Upload:
    # As S3 encodes it.
    (upload,) = uploads_in(notification(key=quote_plus(key, safe="/*")))
    return upload


@pytest.mark.parametrize("key", TAKEN.values(), ids=TAKEN)
def test_a_key_is_told_recorded_announced_and_signed_for_exactly_as_it_is(key: str) -> None:
    upload = upload_of(key)
    facts = Verdict(upload, Outcome.RETAKE, NOW, reason="aspect_ratio").facts()
    topic: Any = Topic()

    SNSAnnouncements(topic, "arn").announce(facts)
    address = urlsplit(S3Pictures(_S3, Presigner(_S3, _KEY)).address(upload))

    assert (upload.bucket, upload.key) == (BUCKET, key)
    # The table's and the topic's formats give it back.
    assert TypeDeserializer().deserialize(TypeSerializer().serialize(facts["object"])) == (
        f"s3://{BUCKET}/{key}"
    )
    assert json.loads(topic.told["Message"])["object"] == f"s3://{BUCKET}/{key}"
    assert json.loads(topic.told["Message"])["outcome"] == "retake"
    assert _attributes(topic.told) == {
        "outcome": "retake",
        "reason": "aspect_ratio",
        "bucket": BUCKET,
    }
    # Nothing of it becomes a host, a query or a fragment.
    assert address.scheme == "https"
    assert address.hostname == f"{BUCKET}.s3.amazonaws.com"
    assert unquote(address.path) == f"/{key}"
    assert address.fragment == ""
    query = parse_qs(address.query, strict_parsing=True)
    assert query["versionId"] == [upload.version]
    assert query["X-Amz-Expires"] == ["300"]
    assert len(query) == 7
    # A log line stays one line, and an id tells nothing.
    assert json.dumps({"object": upload.object}).isprintable()
    assert len(upload.id) == 36


def _attributes(told: Mapping[str, Any]) -> dict[str, str]:
    return {name: each["StringValue"] for name, each in told["MessageAttributes"].items()}


def test_no_two_of_them_are_taken_for_one_another() -> None:
    assert len({upload_of(key).id for key in TAKEN.values()}) == len(TAKEN)


@pytest.mark.parametrize("key", UNTAKEN.values(), ids=UNTAKEN)
def test_what_is_no_key_is_refused_and_not_quoted(key: object) -> None:
    with pytest.raises(NotAnUpload) as refused:
        list(uploads_in(notification(key=key)))

    assert str(refused.value).startswith("Records[0].s3.object.key: ")
    assert len(str(refused.value)) < 80
