"""AWS in memory: clients answer from botocore stubs, which check requests by AWS's models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from operations.__main__ import main
from operations.stack import Stack

NAME = "ours"
STACK_ID = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{NAME}/1"
OUTPUTS = {
    "UploadBucketName": "ours-uploads-1",
    "VerdictsTableName": "ours-verdicts",
    "TencentSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:key",
    "CheckLivenessFunctionName": "ours-check-liveness",
    "RetryQueueUrl": "https://sqs.example/1/ours-retry",
    "FailedUploadsQueueUrl": "https://sqs.example/1/ours-failed",
}


@cache
def client(service: Any) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="made-up",
        aws_secret_access_key="made-up",
    )


@dataclass
class FakeAws:
    """A session: requests beyond the stubbed ones, in another order or of another shape fail.

    A client in `clients` is used in place of a stub.
    """

    clients: dict[str, Any] = field(default_factory=dict)
    stubs: dict[str, Stubber] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return self.clients[service] if service in self.clients else self.stub(service).client

    def stub(self, service: str) -> Stubber:
        """The responses of a service, in the order of the requests."""
        if service not in self.stubs:
            self.stubs[service] = Stubber(client(service))
            self.stubs[service].activate()
        return self.stubs[service]

    @property
    def session(self) -> Any:
        return self

    @property
    def stack(self) -> Stack:
        return Stack(self.session, NAME, OUTPUTS)

    def run(self, command: str, *arguments: str, without: str = "", **parameters: str) -> int:
        """Run a command on the stack, which may lack an output, with these parameters."""
        outputs = [
            {"OutputKey": name, "OutputValue": value}
            for name, value in OUTPUTS.items()
            if name != without
        ]
        created = {"CreationTime": datetime(2026, 11, 20, tzinfo=UTC)}
        stack = {"StackName": NAME, "StackStatus": "CREATE_COMPLETE", "Outputs": outputs, **created}
        stack["StackId"] = STACK_ID
        stack["Parameters"] = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ]
        self.stub("cloudformation").add_response(
            "describe_stacks", {"Stacks": [stack]}, {"StackName": NAME}
        )
        return main([command, "--stack", NAME, *arguments], self.session)


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    aws = FakeAws()
    yield aws
    for stub in aws.stubs.values():
        stub.deactivate()
    for stub in aws.stubs.values():
        stub.assert_no_pending_responses()
