"""A subscriber of the verdicts: reads the queue that is subscribed to the topic."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.emulator import Emulator

_POLL_SECONDS = 1
# The most that SQS allows: twelve hours.
_VISIBILITY_TIMEOUT_SECONDS = 43_200


@dataclass(frozen=True, slots=True)
class Notification:
    """One message of the topic: verdict, attributes, and time of receipt (epoch seconds).

    `message_id` is SNS's.
    """

    message_id: str
    record: Mapping[str, Any]
    attributes: Mapping[str, str]
    received_at: float


@dataclass(frozen=True, slots=True)
class Subscriber:
    """The only reader of one queue, who gets every message once.

    Messages are hidden and not deleted: the emulator loses a message that arrives while another
    one is deleted.
    """

    emulator: Emulator
    queue_url: str

    def notifications(self, *, within: float) -> Iterator[Notification]:
        """Yield notifications as they come, for at most `within` seconds."""
        sqs = self.emulator.client("sqs")
        end = time.monotonic() + within
        while time.monotonic() < end:
            response = sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=_POLL_SECONDS,
                VisibilityTimeout=_VISIBILITY_TIMEOUT_SECONDS,
            )
            for message in response.get("Messages", []):
                body = json.loads(message["Body"])
                raw = body.get("MessageAttributes", {})
                attributes = {name: attribute["Value"] for name, attribute in raw.items()}
                record = json.loads(body["Message"])
                yield Notification(body["MessageId"], record, attributes, time.time())
