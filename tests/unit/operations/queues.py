"""RetryQueue and FailedUploads in memory: what they contain, and what was done with it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from operations.queue import BATCH_SIZE
from tests.unit.operations.conftest import OUTPUTS, FakeAws

RETRY, FAILED = OUTPUTS["RetryQueueUrl"], OUTPUTS["FailedUploadsQueueUrl"]


def event(*uploads: tuple[str, str]) -> str:
    """A message about uploads, each an object as s3://bucket/key and its version."""
    records = []
    for name, version in uploads:
        bucket, _, key = name.removeprefix("s3://").partition("/")
        detail = {"bucket": {"name": bucket}, "object": {"key": key, "version-id": version}}
        created = {"source": "aws.s3", "detail-type": "Object Created"}
        records.append({**created, "time": "2026-11-20T09:41:07Z", "detail": detail})
    return json.dumps({"Records": records})


class FakeQueues:
    """SQS with both queues. Messages are visible, received by the command, or in flight."""

    def __init__(self) -> None:
        self.visible: dict[str, dict[str, str]] = {RETRY: {}, FAILED: {}}
        self.received: dict[str, dict[str, str]] = {RETRY: {}, FAILED: {}}
        # What others have received; each look at the counts sees the next number, the last stays.
        self.in_flight: dict[str, list[int]] = {RETRY: [0], FAILED: [0]}
        self.delayed: dict[str, int] = defaultdict(int)
        self.deleted: list[str] = []
        self.receives: dict[str, int] = defaultdict(int)

    def put(self, url: str, message_id: str, body: str) -> None:
        self.visible[url][message_id] = body

    def get_queue_attributes(self, QueueUrl: str, **_: Any) -> Any:  # noqa: N803  # SQS's names
        others = self.in_flight[QueueUrl]
        number = others.pop(0) if len(others) > 1 else others[0]
        counts = {
            "ApproximateNumberOfMessages": len(self.visible[QueueUrl]),
            "ApproximateNumberOfMessagesNotVisible": number + len(self.received[QueueUrl]),
            "ApproximateNumberOfMessagesDelayed": self.delayed[QueueUrl],
        }
        return {"Attributes": {"QueueArn": "arn", **{k: str(v) for k, v in counts.items()}}}

    def receive_message(self, QueueUrl: str, **_: Any) -> Any:  # noqa: N803
        batch = list(self.visible[QueueUrl].items())[:BATCH_SIZE]
        for message_id, body in batch:
            del self.visible[QueueUrl][message_id]
            self.received[QueueUrl][message_id] = body
            self.receives[message_id] += 1
        messages = [{"MessageId": i, "ReceiptHandle": i, "Body": body} for i, body in batch]
        return {"Messages": messages} if messages else {}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> Any:  # noqa: N803
        del self.received[QueueUrl][ReceiptHandle]
        self.deleted.append(ReceiptHandle)
        return {}

    def change_message_visibility_batch(
        self,
        QueueUrl: str,  # noqa: N803
        Entries: Sequence[Mapping[str, Any]],  # noqa: N803
    ) -> Any:
        for entry in Entries:
            assert entry["VisibilityTimeout"] == 0
            handle = entry["ReceiptHandle"]
            self.visible[QueueUrl][handle] = self.received[QueueUrl].pop(handle)
        return {}


@pytest.fixture
def queues(aws: FakeAws) -> FakeQueues:
    queues = FakeQueues()
    aws.clients["sqs"] = queues
    return queues
