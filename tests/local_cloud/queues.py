"""Queues, as somebody else than the function handles them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.cloud import LocalCloud
from local.engine import Engine
from local.stack import PROJECT

_POLL_SECONDS = 0.1
_SHOWN = "ApproximateNumberOfMessages"


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue of the stack."""

    engine: Engine
    url: str

    @property
    def sqs(self) -> Any:
        return self.engine.session.client("sqs", endpoint_url=self.engine.url)

    def put(self, *bodies: str) -> list[str]:
        """Send messages in one batch and return their ids."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        answer = self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)
        return [sent["MessageId"] for sent in answer["Successful"]]

    def shown(self) -> int:
        """How many messages anybody could receive."""
        told = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[_SHOWN])
        return int(told["Attributes"][_SHOWN])

    def shown_once(self, holds: Callable[[int], bool], *, within: float) -> int:
        """The same once it is as wanted; as it is when the time is up."""
        end = time.monotonic() + within
        while not holds(shown := self.shown()) and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return shown

    def empty(self) -> None:
        """Throw away whatever is in it."""
        self.sqs.purge_queue(QueueUrl=self.url)


def sample(name: str) -> Any:
    """One of the events in events/, or what a queue holds of it."""
    event = json.loads((PROJECT / "events" / f"{name}.json").read_text())
    return json.loads(event["Records"][0]["body"]) if name.startswith("sqs-") else event


def notification(bucket: str, key: str, version: str) -> str:
    """What S3 would send of an upload."""
    event = sample("s3-object-created")
    event["Records"][0]["s3"]["bucket"]["name"] = bucket
    event["Records"][0]["s3"]["object"] |= {"key": key, "versionId": version}
    return json.dumps(event)


@contextmanager
def unnoticed(cloud: LocalCloud) -> Iterator[None]:
    """Uploads of this time tell nobody, like those from before there was a stack."""
    s3: Any = cloud.engine.session.client("s3", endpoint_url=cloud.engine.url)
    bucket = cloud.outputs["UploadBucketName"]
    told: Mapping[str, Any] = s3.get_bucket_notification_configuration(Bucket=bucket)
    held = {name: value for name, value in told.items() if name != "ResponseMetadata"}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        yield
    finally:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=held)


@contextmanager
def unworked(cloud: LocalCloud) -> Iterator[None]:
    """Nobody takes messages from RetryQueue for this time, so that they come in one batch."""
    functions: Any = cloud.engine.session.client("lambda", endpoint_url=cloud.engine.url)
    name = cloud.outputs["CheckLivenessFunctionName"]
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
