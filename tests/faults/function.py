"""The deployed function and its queues, configured and read through AWS's own API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from liveness.process_upload import RESERVED_AFTER_DETECTION
from local.cloud import LocalCloud
from tests.local_cloud.settings import configure_function

_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class DeployedFunction:
    """The stack's function and the two queues behind it."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._functions = cloud.client("lambda")
        self._sqs = cloud.client("sqs")
        self._name = cloud.outputs["CheckLivenessFunctionName"]
        self._retry_queue = cloud.outputs["RetryQueueUrl"]
        self._failed_uploads = cloud.outputs["FailedUploadsQueueUrl"]

    @contextmanager
    def configured(
        self, detection_seconds: int | None, visibility: int, **variables: str
    ) -> Iterator[None]:
        """Start sandboxes with other settings until the end of the block; times in seconds.

        `detection_seconds` is the time that an invocation has until its detection (None: as in
        template.yaml); a lease lasts 70 s longer. `visibility` is RetryQueue's visibility timeout,
        after which a message whose function was killed is redelivered. The emulator ends the
        sandboxes that exist: nothing may be running.
        """
        function = self._functions.get_function_configuration(FunctionName=self._name)
        queue = self._sqs.get_queue_attributes(
            QueueUrl=self._retry_queue, AttributeNames=["VisibilityTimeout"]
        )
        timeout = function["Timeout"]
        queue_visibility = int(queue["Attributes"]["VisibilityTimeout"])
        # The emulator returns numbers of the template as numbers, but accepts only strings.
        environment = {
            name: str(value) for name, value in function["Environment"]["Variables"].items()
        }
        self._configure(
            timeout
            if detection_seconds is None
            else detection_seconds + round(RESERVED_AFTER_DETECTION.total_seconds()),
            visibility,
            {**environment, **variables},
        )
        try:
            yield
        finally:
            self._configure(timeout, queue_visibility, environment)

    def purge_queues(self) -> None:
        """Delete the messages that an earlier scenario left."""
        for queue_url in (self._retry_queue, self._failed_uploads):
            self._sqs.purge_queue(QueueUrl=queue_url)

    def invoke(self, event: str) -> None:
        """Invoke the function asynchronously, as S3 does."""
        self._functions.invoke(FunctionName=self._name, InvocationType="Event", Payload=event)

    def send(self, *bodies: str) -> None:
        """Send messages to RetryQueue."""
        for body in bodies:
            self._sqs.send_message(QueueUrl=self._retry_queue, MessageBody=body)

    def in_retry_queue(self) -> int:
        """How many messages RetryQueue contains, those in flight included."""
        return self._messages_in(self._retry_queue)

    def in_failed_uploads(self) -> int:
        """How many messages FailedUploads contains."""
        return self._messages_in(self._failed_uploads)

    def receive_and_delete(self) -> list[tuple[str, int]]:
        """Receive and delete up to ten of RetryQueue's messages: bodies and receive counts."""
        messages = self._sqs.receive_message(
            QueueUrl=self._retry_queue,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        ).get("Messages", [])
        for message in messages:
            handle = message["ReceiptHandle"]
            self._sqs.delete_message(QueueUrl=self._retry_queue, ReceiptHandle=handle)
        return [
            (message["Body"], int(message["Attributes"]["ApproximateReceiveCount"]))
            for message in messages
        ]

    def _messages_in(self, queue_url: str) -> int:
        queue = self._sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[*_COUNTS])
        return sum(int(queue["Attributes"][name]) for name in _COUNTS)

    def _configure(self, timeout: int, visibility: int, environment: Mapping[str, str]) -> None:
        self._sqs.set_queue_attributes(
            QueueUrl=self._retry_queue, Attributes={"VisibilityTimeout": str(visibility)}
        )
        configure_function(
            self._cloud, Timeout=timeout, Environment={"Variables": dict(environment)}
        )
