"""A stack with a full bucket, in memory, and the steps in which it is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.operations.conftest import NAME, OUTPUTS, STACK_ID
from tests.unit.operations.queues import FAILED, RETRY

BUCKET, TABLE = OUTPUTS["UploadBucketName"], OUTPUTS["VerdictsTableName"]
RESOURCES = {
    "UploadBucket": ("AWS::S3::Bucket", BUCKET),
    "UploadBucketPolicy": ("AWS::S3::BucketPolicy", BUCKET),
    "VerdictsTable": ("AWS::DynamoDB::Table", TABLE),
    "RetryQueue": ("AWS::SQS::Queue", RETRY),
    "FailedUploads": ("AWS::SQS::Queue", FAILED),
    "CheckLivenessFunction": ("AWS::Lambda::Function", "ours-check-liveness"),
    "TencentSecret": ("AWS::SecretsManager::Secret", "arn:secret"),
}
TEMPLATE = {
    "Resources": {
        "VerdictsTable": {"DeletionPolicy": "RetainExceptOnCreate"},
        "UploadBucketPolicy": {"DeletionPolicy": "Retain"},
        "CheckLivenessFunction": {
            "Properties": {"Code": {"S3Bucket": "sam-artifacts", "S3Key": "1234"}}
        },
    }
}


SOURCES = "archive,imports"
# The stack of existing buckets, without a bucket of its own.
OF_SOURCES = {
    name: resource for name, resource in RESOURCES.items() if not name.startswith("UploadBucket")
} | {"UploadsRule": ("AWS::Events::Rule", f"{NAME}-uploads")}


WITH_API = RESOURCES | {"UploadApiFunction": ("AWS::Lambda::Function", f"{NAME}-upload-api")}


class FakeCloudFormation:
    """A stack that is deleted at once, or as far as `states` says; records what is requested."""

    def __init__(self, steps: list[str]) -> None:
        self.steps, self.resources = steps, RESOURCES
        self.description: dict[str, Any] = {"StackId": STACK_ID, "StackStatus": "CREATE_COMPLETE"}
        self.statuses = dict.fromkeys(RESOURCES, "CREATE_COMPLETE")
        self.states: list[Mapping[str, str]] = [{"StackStatus": "DELETE_COMPLETE"}]

    def use_sources(self, *, and_own: bool = False) -> None:
        """Have existing buckets, with or without a bucket of its own."""
        self.resources = RESOURCES | OF_SOURCES if and_own else OF_SOURCES
        self.statuses = dict.fromkeys(self.resources, "CREATE_COMPLETE")
        sources = {"ParameterKey": "SourceBuckets", "ParameterValue": SOURCES}
        self.description["Parameters"] = [sources]

    def use_api(self) -> None:
        """Have the upload API."""
        self.resources = WITH_API
        self.statuses = dict.fromkeys(WITH_API, "CREATE_COMPLETE")

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803  # CloudFormation's names
        if StackName == NAME:
            return {"Stacks": [self.description]}
        assert StackName == STACK_ID
        return {"Stacks": [self.states.pop(0) if len(self.states) > 1 else self.states[0]]}

    def get_template(self, StackName: str, TemplateStage: str) -> Any:  # noqa: N803
        assert (StackName, TemplateStage) == (STACK_ID, "Processed")
        return {"TemplateBody": TEMPLATE}

    def get_paginator(self, name: str) -> FakeCloudFormation:
        assert name == "list_stack_resources"
        return self

    def paginate(self, StackName: str) -> Iterator[Any]:  # noqa: N803
        for name, (kind, physical_id) in self.resources.items():
            summary = {"LogicalResourceId": name, "ResourceType": kind}
            summary |= {"PhysicalResourceId": physical_id, "ResourceStatus": self.statuses[name]}
            yield {"StackResourceSummaries": [summary]}

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        assert StackName == STACK_ID
        self.steps.append("delete the stack")


class FakeS3:
    """A bucket with one version."""

    def __init__(self, steps: list[str]) -> None:
        self.steps = steps
        self.versions = [{"Key": "a.jpg", "VersionId": "v1"}]
        self.refuses = False

    def put_bucket_notification_configuration(self, **request: Any) -> None:
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutBucketNotification")
        assert request == {"Bucket": BUCKET, "NotificationConfiguration": {}}
        self.steps.append("stop notifications")

    def list_multipart_uploads(self, **_: Any) -> Any:
        return {}

    def get_paginator(self, _name: str) -> FakeS3:
        return self

    def paginate(self, Bucket: str) -> Iterator[Any]:  # noqa: N803
        assert Bucket == BUCKET
        yield {"Versions": list(self.versions)}

    def delete_objects(self, **_: Any) -> Any:
        self.versions.clear()
        self.steps.append("empty the bucket")
        return {}


class FakeEvents:
    """A rule that is disabled in a step of its own."""

    def __init__(self, steps: list[str]) -> None:
        self.steps = steps

    def disable_rule(self, Name: str) -> None:  # noqa: N803  # EventBridge's name
        assert Name == f"{NAME}-uploads"
        self.steps.append("disable the rule")


class FakeLambda:
    """Functions; one is allowed no invocation in a step of its own."""

    def __init__(self, steps: list[str]) -> None:
        self.steps = steps

    def put_function_concurrency(self, **request: Any) -> None:
        assert request == {"FunctionName": f"{NAME}-upload-api", "ReservedConcurrentExecutions": 0}
        self.steps.append("close the API")
