"""`doctor` checks every part of a stack, and says what to do about a problem of its buckets."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.operations.conftest import FakeAws
from tests.unit.operations.doctor_parts import (
    ARN,
    NOTIFIES_FUNCTION,
    OWN,
    TO_FUNCTION,
    Parts,
    Shown,
    parts,
)

__all__ = ["parts"]


def test_a_stack_with_its_own_bucket_passes_every_check(
    aws: FakeAws, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    parts.bucket(OWN, NOTIFIES_FUNCTION)
    parts.secret()
    parts.queues()

    assert aws.run("doctor") == 0

    shown = Shown(capsys)
    assert shown.results == {
        ("is in us-east-1", OWN): "OK",
        ("notifies the function", OWN): "OK",
        ("keeps versions", OWN): "OK",
        ("has a usable key", "TencentSecret"): "OK",
        ("is consumed", "RetryQueue"): "OK",
        ("is empty", "FailedUploads"): "OK",
    }
    assert shown.commands == []
    assert shown.text.endswith("6 checks, 0 failed, 0 warnings.\n")


def test_each_source_bucket_and_the_rule_are_checked(
    aws: FakeAws, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    parts.bucket("first")
    parts.bucket("second")
    parts.rule()
    parts.secret()
    parts.queues()

    assert aws.run("doctor", without="UploadBucketName", SourceBuckets="first,second") == 0

    assert list(Shown(capsys).results)[:7] == [
        ("is in us-east-1", "first"),
        ("notifies EventBridge", "first"),
        ("keeps versions", "first"),
        ("is in us-east-1", "second"),
        ("notifies EventBridge", "second"),
        ("keeps versions", "second"),
        ("invokes the function", "ours-uploads"),
    ]


class SourceBucket:
    """A stack of which all is in order but the source bucket."""

    def __init__(self, aws: FakeAws, parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
        self.aws, self.parts, self.capsys = aws, parts, capsys

    def check(self, **parameters: str) -> tuple[int, Shown]:
        self.parts.rule()
        self.parts.secret()
        self.parts.queues()
        parameters = {"SourceBuckets": "photos"} | parameters
        return self.aws.run("doctor", without="UploadBucketName", **parameters), Shown(self.capsys)


@pytest.fixture
def source(aws: FakeAws, parts: Parts, capsys: pytest.CaptureFixture[str]) -> SourceBucket:
    return SourceBucket(aws, parts, capsys)


def test_eventbridge_is_turned_on_by_a_command_that_keeps_every_other_notification(
    source: SourceBucket,
) -> None:
    rules = [{"Name": "Prefix", "Value": "it's $HOME/\x7fé"}]
    queue = {"Id": "1", "QueueArn": "arn:aws:sqs:x:1:q", "Events": ["s3:ObjectRemoved:*"]}
    before = {"QueueConfigurations": [{**queue, "Filter": {"Key": {"FilterRules": rules}}}]}
    source.parts.bucket("photos", before)

    status, shown = source.check()

    assert status == 1
    assert shown.problem().startswith("FAILED: EventBridge is off for it")
    assert shown.text.endswith("7 checks, 1 failed, 0 warnings.\n")
    (command,) = shown.commands
    assert command.isascii()
    *words, configuration = shlex.split(command)
    assert " ".join(words) == (
        "aws s3api put-bucket-notification-configuration --bucket photos "
        "--notification-configuration"
    )
    assert json.loads(configuration) == {**before, "EventBridgeConfiguration": {}}


def test_a_source_bucket_that_is_not_there_is_one_problem_and_the_rest_is_still_checked(
    aws: FakeAws, source: SourceBucket
) -> None:
    aws.stub("s3").add_client_error("head_bucket", "404", "Not Found", 404)

    status, shown = source.check()

    assert status == 1
    assert shown.problem() == (
        "FAILED: There is no such bucket: create it, or deploy with SourceBuckets without it."
    )
    assert len(shown.results) == 5


def test_a_source_bucket_in_another_region_is_named_with_that_region(source: SourceBucket) -> None:
    source.parts.bucket("photos", region="eu-west-1")

    status, shown = source.check()

    assert status == 1
    assert shown.problem().startswith("FAILED: It is in eu-west-1, and so are its events: deploy")


@pytest.mark.parametrize("versioning", ["", "Suspended"])
@pytest.mark.parametrize(
    ("tags", "status", "text"),
    [
        ("off", 0, "warning: It keeps none: a picture can be overwritten"),
        (
            "on",
            1,
            "FAILED: It keeps none, and only versions are tagged: TagUploads=on does nothing",
        ),
    ],
)
def test_a_bucket_without_versions_is_a_warning_and_with_tags_a_failure(
    tags: str, status: int, text: str, versioning: str, source: SourceBucket
) -> None:
    source.parts.bucket("photos", versioning=versioning)

    exit_status, shown = source.check(TagUploads=tags)

    assert exit_status == status
    assert shown.problem().startswith(text)
    assert shown.commands == [
        "aws s3api put-bucket-versioning --bucket photos --versioning-configuration Status=Enabled"
    ]


@pytest.mark.parametrize(
    "notifications",
    [
        {},
        {"LambdaFunctionConfigurations": [{**TO_FUNCTION, "LambdaFunctionArn": ARN + "-2"}]},
        {"LambdaFunctionConfigurations": [{**TO_FUNCTION, "Events": ["s3:ObjectCreated:Put"]}]},
        {"LambdaFunctionConfigurations": [{**TO_FUNCTION, "Filter": {"Key": {}}}]},
    ],
    ids=["none", "another function", "not every upload", "some keys"],
)
def test_the_own_bucket_notifies_the_function_again_by_a_command(
    notifications: Mapping[str, Any],
    aws: FakeAws,
    parts: Parts,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts.bucket(OWN, notifications)
    parts.secret()
    parts.queues()

    assert aws.run("doctor") == 1

    shown = Shown(capsys)
    assert shown.problem().startswith("FAILED: The function is not notified of every upload")
    (command,) = shown.commands
    configurations = json.loads(shlex.split(command)[-1])["LambdaFunctionConfigurations"]
    others = [each for each in configurations if each["LambdaFunctionArn"] != ARN]
    assert configurations == [*others, TO_FUNCTION]
    assert len(others) == ("-2" in str(notifications))
