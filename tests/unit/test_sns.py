"""What is published, and the message attributes to filter by."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from liveness.aws.sns import SNSPublisher
from liveness.models import Outcome, Reuse, Verdict
from tests.unit.use_case import UPLOAD

VERDICT = Verdict(
    UPLOAD,
    Outcome.RETAKE,
    datetime(2026, 11, 23, 12, tzinfo=UTC),
    reason="picture_reused",
    advice="Take a new one.",
    subject="ann",
    consent_id="c-1",
    picture_digest="0f" * 32,
    reuse=Reuse.OTHER_SUBJECT,
)


class TopicInMemory:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.published: dict[str, Any] = {}

    def publish(self, **request: Any) -> dict[str, str]:
        self.published = request
        return {"MessageId": "m-1"}


def published(verdict: Verdict) -> dict[str, Any]:
    topic: Any = TopicInMemory()
    SNSPublisher(topic, "arn").publish(verdict)
    request: dict[str, Any] = topic.published
    return request


def test_a_reuse_is_in_the_message_and_an_attribute_to_filter_by() -> None:
    request = published(VERDICT)

    assert json.loads(request["Message"])["reuse"] == "other_subject"
    assert request["MessageAttributes"] == {
        name: {"DataType": "String", "StringValue": value}
        for name, value in {
            "outcome": "retake",
            "reason": "picture_reused",
            "reuse": "other_subject",
            "bucket": "selfies",
        }.items()
    }


def test_the_digest_is_nowhere_in_what_is_published() -> None:
    request = published(VERDICT)

    assert json.loads(request["Message"])["consent_id"] == "c-1"
    assert "0f0f" not in json.dumps(request)
    assert "picture_digest" not in json.dumps(request)
