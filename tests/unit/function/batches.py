"""The function behind RetryQueue, with everything that it reaches in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from batch import RetryQueueBatch
from bootstrap import Application
from liveness.aws.sqs import SQSRetryQueue
from liveness.backoff import Backoff, RetrySchedule
from liveness.models import Deadline, Detection, DetectionAttempt
from liveness.sources import Sources
from tests.unit.fakes import StubDetector
from tests.unit.function.captured_log import CapturedLog
from tests.unit.function.environment import Context
from tests.unit.image_heads import GIF, png
from tests.unit.use_case import DEADLINE, DECIDED_AT, UPLOADED_AT, UseCase
from uploads import EventProcessor

BUCKET = "selfies"
MAX_ATTEMPTS = 9
OLD = timedelta(days=1)
RETRY_QUEUE = "https://sqs.example/retry"
FAILED_UPLOADS = "https://sqs.example/failed"
SCHEDULE = RetrySchedule(MAX_ATTEMPTS, Backoff(timedelta(seconds=30), timedelta(minutes=15)))


class SQSInMemory:
    """The two queues. `failing` has an error for an operation."""

    def __init__(self) -> None:
        self.failing: dict[str, Exception] = {}
        self.dead_letters: list[tuple[str, str]] = []
        self.deferred: list[str] = []
        self.redelivered: dict[str, int] = {}

    def send_message(self, **request: Any) -> None:
        self._fail("send_message")
        if request["QueueUrl"] == RETRY_QUEUE:
            self.deferred.append(request["MessageBody"])
            return
        assert request["QueueUrl"] == FAILED_UPLOADS
        ((name, attribute),) = request["MessageAttributes"].items()
        assert (name, attribute["DataType"]) == ("reason", "String")
        self.dead_letters.append((request["MessageBody"], attribute["StringValue"]))

    def change_message_visibility(self, **request: Any) -> None:
        self._fail("change_message_visibility")
        assert request["QueueUrl"] == RETRY_QUEUE
        self.redelivered[request["ReceiptHandle"]] = request["VisibilityTimeout"]

    def _fail(self, operation: str) -> None:
        if error := self.failing.get(operation):
            raise error


class DetectorByVersion(StubDetector):
    """Returns or raises the result for the version in the URL."""

    def __init__(self, by_version: Mapping[str, Detection | Exception]) -> None:
        super().__init__([])
        self.by_version = dict(by_version)

    def detect(
        self,
        *,
        url: str | None = None,
        image: bytes | None = None,
        deadline: Deadline,
        on_attempt: Callable[[DetectionAttempt], None],
    ) -> Detection:
        assert url
        self.sent.append(url)
        result = self.by_version[url.rpartition("/")[2].partition("?")[0]]
        if isinstance(result, Exception):
            raise result
        return result


@dataclass
class Batches:
    """The function behind RetryQueue, with everything that it reaches in memory."""

    use_case: UseCase
    sqs: SQSInMemory = field(default_factory=SQSInMemory)
    deadline: Deadline = DEADLINE
    log: CapturedLog = field(default_factory=CapturedLog)

    def process(self, *records: Mapping[str, Any]) -> list[str]:
        """Process one batch, and return the ids of the messages that failed."""
        sqs: Any = self.sqs
        retry_queue = SQSRetryQueue(sqs, RETRY_QUEUE, FAILED_UPLOADS, SCHEDULE)
        processor = replace(self.use_case.processor, retry_queue=retry_queue)
        application = Application(Sources(BUCKET), processor, retry_queue)
        context: Any = Context()
        self.log = CapturedLog()
        with self.log as observer:
            batch = RetryQueueBatch(EventProcessor(application, observer, self.deadline))
            response = batch.process({"Records": list(records)}, context)
        assert set(response) == {"batchItemFailures"}
        return [item["itemIdentifier"] for item in response["batchItemFailures"]]

    @property
    def warnings(self) -> list[str]:
        return [record["message"] for record in self.log.records if record["level"] == "WARNING"]


def batches(results: Mapping[str, Detection | Exception] | None = None, **options: Any) -> Batches:
    """By version: what the detector returns; the image of `v-gif` is a GIF."""
    detector = DetectorByVersion(results or {})
    use_case = UseCase(**options)
    use_case.detector = detector
    use_case.processor = replace(use_case.processor, detector=detector)
    use_case.images.by_version = {version: png() for version in detector.by_version}
    use_case.images.by_version["v-gif"] = GIF
    return Batches(use_case)


def s3_event(*versions: str, bucket: str = BUCKET) -> str:
    def record(version: str) -> dict[str, Any]:
        stored = {"key": f"{version}.png", "versionId": version, "size": 100}
        return {
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "eventVersion": "2.1",
            "eventTime": UPLOADED_AT.isoformat(),
            "s3": {"bucket": {"name": bucket}, "object": stored},
        }

    return json.dumps({"Records": [record(version) for version in versions]})


def message(
    body: str, receive_count: int = 1, message_id: str = "m-1", age: timedelta = OLD
) -> dict[str, Any]:
    sent_at = DECIDED_AT - age
    return {
        "messageId": message_id,
        "receiptHandle": f"receipt of {message_id}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(receive_count),
            "SentTimestamp": str(int(sent_at.timestamp() * 1000)),
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:retry",
        "awsRegion": "us-east-1",
    }
