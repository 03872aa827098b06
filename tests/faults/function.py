"""The deployed function and its queues, steered and read through AWS's own API."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local.cloud import LocalCloud
from local.stack import PROJECT

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_SETTLES_WITHIN_SECONDS = 10.0
_POLL_SECONDS = 0.1
_COUNTS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
)
_HANDLER = PROJECT / "functions" / "check_liveness" / "app.py"
_KEPT = re.compile(r"^KEPT_FOR_RECORDING = ([\d.]+)$", re.MULTILINE)


class DeployedFunction:
    """The stack's one function and the two queues behind it."""

    def __init__(self, cloud: LocalCloud) -> None:
        session, url = cloud.engine.session, cloud.engine.url
        self._functions = session.client("lambda", endpoint_url=url)
        self._sqs = session.client("sqs", endpoint_url=url)
        self._name = cloud.outputs["CheckLivenessFunctionName"]
        self._retry_queue = cloud.outputs["RetryQueueUrl"]
        self._failed_uploads = cloud.outputs["FailedUploadsQueueUrl"]

    @contextmanager
    def set(self, asking: int | None, visibility: int, **variables: str) -> Iterator[None]:
        """Start sandboxes with other settings, in seconds, until the end of the block.

        `asking` is how long an invocation may take until it has its answer (None: what
        template.yaml has), and a lease lasts 20 s longer; `visibility` is RetryQueue's: how long
        a message stays away whose function was killed. Call it while nothing runs: the engine
        ends the sandboxes that it has.
        """
        function = self._functions.get_function_configuration(FunctionName=self._name)
        queue = self._sqs.get_queue_attributes(
            QueueUrl=self._retry_queue, AttributeNames=["VisibilityTimeout"]
        )
        held_timeout = function["Timeout"]
        held_visibility = int(queue["Attributes"]["VisibilityTimeout"])
        # The engine returns numbers of the template as numbers, and then takes texts only.
        held = {name: str(value) for name, value in function["Environment"]["Variables"].items()}
        self._configure(
            held_timeout if asking is None else asking + kept_for_recording(),
            visibility,
            {**held, **variables},
        )
        try:
            yield
        finally:
            self._configure(held_timeout, held_visibility, held)

    def empty_queues(self) -> None:
        """Throw away what an earlier scenario may have left."""
        for queue_url in (self._retry_queue, self._failed_uploads):
            self._sqs.purge_queue(QueueUrl=queue_url)

    def deliver(self, event: Mapping[str, Any]) -> None:
        """Invoke the function with an event as S3 does, asynchronously."""
        self._functions.invoke(
            FunctionName=self._name, InvocationType="Event", Payload=json.dumps(event)
        )

    def send(self, *bodies: str) -> None:
        """Send messages to RetryQueue."""
        for body in bodies:
            self._sqs.send_message(QueueUrl=self._retry_queue, MessageBody=body)

    def waiting(self) -> int:
        """How many messages RetryQueue holds, those at work and those waiting included."""
        return self._held(self._retry_queue)

    def failed(self) -> int:
        """How many messages FailedUploads holds."""
        return self._held(self._failed_uploads)

    def take(self) -> list[tuple[str, int]]:
        """Receive and delete up to ten of RetryQueue's messages.

        Their bodies, and how often they were received.
        """
        received = self._sqs.receive_message(
            QueueUrl=self._retry_queue,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        ).get("Messages", [])
        for message in received:
            handle = message["ReceiptHandle"]
            self._sqs.delete_message(QueueUrl=self._retry_queue, ReceiptHandle=handle)
        return [
            (message["Body"], int(message["Attributes"]["ApproximateReceiveCount"]))
            for message in received
        ]

    def _held(self, queue_url: str) -> int:
        held = self._sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[*_COUNTS])
        return sum(int(held["Attributes"][name]) for name in _COUNTS)

    def _configure(self, timeout: int, visibility: int, variables: Mapping[str, str]) -> None:
        self._sqs.set_queue_attributes(
            QueueUrl=self._retry_queue, Attributes={"VisibilityTimeout": str(visibility)}
        )
        self._functions.update_function_configuration(
            FunctionName=self._name, Timeout=timeout, Environment={"Variables": dict(variables)}
        )
        end = time.monotonic() + _SETTLES_WITHIN_SECONDS
        while self._status() != "Successful":
            assert time.monotonic() < end, "the function's settings do not take effect"
            time.sleep(_POLL_SECONDS)

    def _status(self) -> str | None:
        held = self._functions.get_function_configuration(FunctionName=self._name)
        return held.get("LastUpdateStatus")


def kept_for_recording() -> int:
    """Seconds of an invocation that the handler keeps for what follows asking."""
    found = _KEPT.search(_HANDLER.read_text())
    assert found, "app.py says no longer how long it keeps for recording"
    return round(float(found[1]))
