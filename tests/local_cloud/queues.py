"""The stack's queues, as an operator or another service uses them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.cloud import LocalCloud
from local.emulator import Emulator

_POLL_SECONDS = 0.1
_VISIBLE = "ApproximateNumberOfMessages"
_KINDS = ("", "NotVisible", "Delayed")


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue of the stack."""

    emulator: Emulator
    url: str

    @property
    def sqs(self) -> Any:
        return self.emulator.client("sqs")

    def send(self, *bodies: str) -> list[str]:
        """Send up to ten messages in one batch and return their ids."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        response = self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)
        return [sent["MessageId"] for sent in response["Successful"]]

    def visible(self) -> int:
        """How many messages a consumer could receive."""
        response = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[_VISIBLE])
        return int(response["Attributes"][_VISIBLE])

    def is_empty(self) -> bool:
        """Whether it has no message, visible, in flight or delayed."""
        response = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        counts = (response["Attributes"][f"{_VISIBLE}{kind}"] for kind in _KINDS)
        return not any(map(int, counts))

    def wait_until_visible(self, condition: Callable[[int], bool], *, within: float) -> int:
        """The same once the condition holds, or as it is after `within` seconds."""
        end = time.monotonic() + within
        while not condition(visible := self.visible()) and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return visible

    def receive_all(self) -> Iterator[Any]:
        """Receive, delete and yield every message, with its attributes."""
        sqs = self.sqs
        while messages := sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", []):
            for message in messages:
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                yield message

    def purge(self) -> None:
        """Delete all messages."""
        self.sqs.purge_queue(QueueUrl=self.url)


def reason_of(message: Any) -> str | None:
    """The attribute `reason` of a received message, which the function sets in FailedUploads."""
    reason: str | None = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue")
    return reason


@contextmanager
def event_source_disabled(cloud: LocalCloud) -> Iterator[None]:
    """Let the function receive nothing of RetryQueue, so that messages come in one batch."""
    functions = cloud.client("lambda")
    name = cloud.outputs["CheckLivenessFunctionName"]
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
