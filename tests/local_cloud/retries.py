"""Uploads that RetryQueue delivers again, and everything that is published about them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from liveness.models import Upload
from local.cloud import LocalCloud
from local.detectliveface.control_client import ControlClient
from local.subscriber import Notification, Subscriber
from local.uploader import Uploader
from operations.failed import failures, peek
from operations.queue import describe_queue
from operations.replay import Progress, replay
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.queues import Queue
from tests.local_cloud.table import Table

SCHEDULE_SECONDS = 60.0


@dataclass(slots=True)
class RetryTest:
    """A cloud, and everything that it publishes from now on."""

    cloud: LocalCloud
    uploader: Uploader
    selfie: bytes
    subscriber: Subscriber
    log: FunctionLog
    received: list[Notification] = field(default_factory=list)

    @property
    def control(self) -> ControlClient:
        return self.cloud.detectliveface.control

    @property
    def retry_queue(self) -> Queue:
        return Queue(self.cloud.emulator, self.cloud.outputs["RetryQueueUrl"])

    @property
    def failed_uploads(self) -> Queue:
        return Queue(self.cloud.emulator, self.cloud.outputs["FailedUploadsQueueUrl"])

    def upload(self, name: str) -> str:
        return self.uploader.upload(f"retries/{name}", self.selfie)

    def fix(self) -> None:
        """Let the service answer every call again."""
        self.control.set_rules()
        self.control.set_credentials(self.cloud.credentials)

    def collect_until(
        self, condition: Callable[[], bool], *, within: float = SCHEDULE_SECONDS
    ) -> None:
        """Collect notifications until the condition holds, or the time is up."""
        end = time.monotonic() + within
        while not condition() and time.monotonic() < end:
            self.received.extend(self.subscriber.notifications(within=0.1))

    def published(self, version: str) -> list[dict[str, Any]]:
        """The records published about an upload, in order."""
        return [dict(each.record) for each in self.received if each.record["version"] == version]

    def outcomes(self, *versions: str) -> list[list[str]]:
        return [[each["outcome"] for each in self.published(version)] for version in versions]

    def listed(self) -> dict[str, str]:
        """What `make failed` lists: reasons by version, or by name where there is no version."""
        table = Table(self.cloud.emulator, self.cloud.outputs["VerdictsTableName"])

        def row_of(upload: Upload) -> Any:
            return table.row({"object": upload.object, "version": upload.version})

        queue = self.failed_uploads
        messages = peek(queue.sqs, queue.url, most=50)
        found = [each for message in messages for each in failures(message, row_of)]
        return {each.version or each.name: each.reason for each in found}

    def replay(self) -> list[Progress]:
        """Do what `make replay` does."""
        sqs = self.failed_uploads.sqs
        failed = describe_queue(sqs, self.failed_uploads.url)
        return list(replay(sqs, failed, describe_queue(sqs, self.retry_queue.url), time.sleep))
