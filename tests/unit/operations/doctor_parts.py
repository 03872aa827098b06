"""The responses about each part of a stack that `doctor` checks, and what it prints of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.unit.operations.conftest import OUTPUTS, FakeAws

OWN, FUNCTION = OUTPUTS["UploadBucketName"], OUTPUTS["CheckLivenessFunctionName"]
SECRET = OUTPUTS["TencentSecretArn"]
ARN = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}"
TO_FUNCTION = {"LambdaFunctionArn": ARN, "Events": ["s3:ObjectCreated:*"]}
NOTIFIES_FUNCTION = {"LambdaFunctionConfigurations": [TO_FUNCTION]}
TO_EVENTBRIDGE: Mapping[str, Any] = {"EventBridgeConfiguration": {}}
UUID = "5f1c7ad2-3c11-4f57-9d5e-7f6d0a6f3c53"
KEY = json.dumps({"SecretId": "AKID", "SecretKey": "hunter2"})
QUEUE = {"QueueUrl": OUTPUTS["FailedUploadsQueueUrl"], "AttributeNames": ["All"]}


class Parts:
    """The responses about each part of a stack, in order."""

    def __init__(self, aws: FakeAws) -> None:
        self.aws = aws

    def bucket(
        self,
        name: str,
        notifications: Mapping[str, Any] = TO_EVENTBRIDGE,
        *,
        versioning: str = "Enabled",
        region: str = "us-east-1",
    ) -> None:
        s3, bucket = self.aws.stub("s3"), {"Bucket": name}
        s3.add_response("head_bucket", {"BucketRegion": region}, bucket)
        if region == "us-east-1":
            response = {**notifications, "ResponseMetadata": {"HTTPStatusCode": 200}}
            s3.add_response("get_bucket_notification_configuration", response, bucket)
            status = {"Status": versioning} if versioning else {}
            s3.add_response("get_bucket_versioning", status, bucket)

    def rule(self, state: str = "ENABLED", targets: Sequence[str] = (ARN,)) -> None:
        events = self.aws.stub("events")
        events.add_response("describe_rule", {"State": state}, {"Name": "ours-uploads"})
        if state == "ENABLED":
            found = [{"Id": str(number), "Arn": arn} for number, arn in enumerate(targets)]
            rule = {"Rule": "ours-uploads"}
            response = {"Targets": found} if found else {}
            events.add_response("list_targets_by_rule", response, rule)

    def secret(self, text: str | None = KEY) -> None:
        secrets = self.aws.stub("secretsmanager")
        if text is None:
            secrets.add_client_error("get_secret_value", "ResourceNotFoundException", "no value")
        else:
            secrets.add_response("get_secret_value", {"SecretString": text}, {"SecretId": SECRET})

    def queues(self, state: str = "Enabled", queue: str = "ours-retry", failed: int = 0) -> None:
        mapping = {"UUID": UUID, "State": state, "EventSourceArn": f"arn:aws:sqs:x:1:{queue}"}
        self.aws.stub("lambda").add_response(
            "list_event_source_mappings",
            {"EventSourceMappings": [mapping]},
            {"FunctionName": FUNCTION},
        )
        counts = {"ApproximateNumberOfMessages": str(failed), "QueueArn": "arn"}
        counts["ApproximateNumberOfMessagesNotVisible"] = "0"
        self.aws.stub("sqs").add_response("get_queue_attributes", {"Attributes": counts}, QUEUE)


@pytest.fixture
def parts(aws: FakeAws) -> Parts:
    return Parts(aws)


class Shown:
    """What the command printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.text = capsys.readouterr().out
        lines = self.text.splitlines()
        rows = [[cell.strip() for cell in each.split("│")[1:-1]] for each in lines if "│" in each]
        self.results = {(row[0], row[1]): row[2] for row in rows}
        self.commands = [each for each in lines if each.startswith("aws ")]

    def problem(self) -> str:
        """The only result that is not OK."""
        (found,) = [each for each in self.results.values() if each != "OK"]
        return found
