"""What a service that needs to know does: read the queue that is subscribed to the verdicts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.engine import Engine

_POLL_SECONDS = 1
# The most that SQS takes: twelve hours.
_HIDDEN_SECONDS = 43_200


@dataclass(frozen=True, slots=True)
class Announcement:
    """One message of the topic: its facts, its attributes, and when it got here (epoch seconds).

    `message_id` is SNS's.
    """

    message_id: str
    facts: Mapping[str, Any]
    attributes: Mapping[str, str]
    received_at: float


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A reader of one queue, who gets every message once.

    Messages are hidden and not deleted: the engine loses one that arrives while it deletes another.
    """

    engine: Engine
    queue_url: str

    def announcements(self, *, within: float) -> Iterator[Announcement]:
        """Yield announcements as they come, for at most `within` seconds."""
        sqs = self.engine.session.client("sqs", endpoint_url=self.engine.url)
        end = time.monotonic() + within
        while time.monotonic() < end:
            answer = sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=_POLL_SECONDS,
                VisibilityTimeout=_HIDDEN_SECONDS,
            )
            for message in answer.get("Messages", []):
                yield _announcement(json.loads(message["Body"]), time.time())


def _announcement(notification: Mapping[str, Any], received_at: float) -> Announcement:
    attributes = notification.get("MessageAttributes", {})
    return Announcement(
        message_id=notification["MessageId"],
        facts=json.loads(notification["Message"]),
        attributes={name: attribute["Value"] for name, attribute in attributes.items()},
        received_at=received_at,
    )
