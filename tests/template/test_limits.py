"""AWS's limits, which the local emulator does not enforce."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from inspect import signature
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from liveness.backoff import Backoff, RetrySchedule
from tests.template.resolved import DEFAULTS, UPLOAD_API
from tests.template.resolved import resolved as rendered
from tests.template.test_names import LONGEST_STACK_NAME_LENGTH
from tests.template.transformed import Template

LONGEST_STACK_NAME = "s" * LONGEST_STACK_NAME_LENGTH
ACCOUNT = "123456789012"
MAX_ARN_LENGTH = 200
MIN_PARAMETER_LENGTH = 50
EXPIRY_OF_POWERTOOLS = (
    signature(DynamoDBPersistenceLayer.__init__).parameters["expiry_attr"].default
)


def resolved(name: object) -> str:
    """The name with the longest stack name."""
    if isinstance(name, dict):
        name = name["Fn::Sub"]
    assert isinstance(name, str)
    for pseudo, value in (("StackName", LONGEST_STACK_NAME), ("AccountId", ACCOUNT)):
        name = name.replace(f"${{AWS::{pseudo}}}", value)
    assert "${" not in name
    return name


@pytest.mark.parametrize(
    ("kind", "name", "pattern"),
    [
        ("AWS::Lambda::Function", "FunctionName", r"[A-Za-z0-9-_]{1,64}"),
        ("AWS::Lambda::LayerVersion", "LayerName", r"[A-Za-z0-9-_]{1,140}"),
        ("AWS::Logs::LogGroup", "LogGroupName", r"[A-Za-z0-9-_/.#]{1,512}"),
        ("AWS::SQS::Queue", "QueueName", r"[A-Za-z0-9-_]{1,80}"),
    ],
)
def test_names_fit_with_the_longest_stack_name(
    template: Template, kind: str, name: str, pattern: str
) -> None:
    named = [resolved(properties[name]) for _, properties in template.resources(kind)]

    assert named
    assert all(re.fullmatch(pattern, each) for each in named), named


def max_length(value: object, parameters: Mapping[str, Mapping[str, Any]]) -> int:
    """Characters of a variable: of a parameter's default, or of an ARN or a URL."""
    if isinstance(value, dict) and value.get("Ref") in parameters:
        return max(len(str(parameters[value["Ref"]]["Default"])), MIN_PARAMETER_LENGTH)
    return len(value) if isinstance(value, str) else MAX_ARN_LENGTH


def test_an_environment_fits_four_kilobytes(template: Template) -> None:
    for _, properties in template.resources("AWS::Lambda::Function"):
        variables = properties["Environment"]["Variables"]
        parameters = template.body["Parameters"]
        size = sum(len(name) + max_length(value, parameters) for name, value in variables.items())

        assert size <= 4096


def test_no_function_reserves_concurrency_by_default(
    template: Template,
) -> None:
    assert template.body["Parameters"]["ReservedConcurrency"]["Default"] == -1
    for parameters in (DEFAULTS, UPLOAD_API):
        for _, properties in rendered(template, parameters).resources("AWS::Lambda::Function"):
            assert "ReservedConcurrentExecutions" not in properties


def test_only_the_function_that_decides_reserves_concurrency(template: Template) -> None:
    reserving = rendered(template, {**UPLOAD_API, "ReservedConcurrency": "100"})
    functions = dict(reserving.resources("AWS::Lambda::Function"))

    assert functions["CheckLivenessFunction"]["ReservedConcurrentExecutions"] == "100"
    # What it reserved would be taken from the one that decides.
    assert "ReservedConcurrentExecutions" not in functions["UploadApiFunction"]


def test_the_visibility_timeout_is_six_times_the_functions_timeout(
    template: Template,
) -> None:
    function = dict(template.resources("AWS::Lambda::Function"))["CheckLivenessFunction"]
    ((_, mapping),) = template.resources("AWS::Lambda::EventSourceMapping")
    queue = dict(template.resources("AWS::SQS::Queue"))[mapping["EventSourceArn"]["Fn::GetAtt"][0]]

    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_sqs_itself_dead_letters_long_after_the_function_and_before_a_message_expires(
    template: Template,
) -> None:
    function = dict(template.resources("AWS::Lambda::Function"))["CheckLivenessFunction"]
    queue = dict(template.resources("AWS::SQS::Queue"))["RetryQueue"]
    longest = template.body["Parameters"]["RetryLongestDelaySeconds"]["MaxValue"]
    receives = queue["RedrivePolicy"]["maxReceiveCount"]

    # Receives that a throttled account burns leave the function its own.
    assert receives >= 3 * int(function["Environment"]["Variables"]["RETRY_MAX_ATTEMPTS"])
    assert receives * longest < queue["MessageRetentionPeriod"]


@pytest.mark.parametrize("parameter", ["RetryFirstDelaySeconds", "RetryLongestDelaySeconds"])
def test_a_delay_fits_the_longest_visibility_timeout_with_an_invocation_before_it(
    template: Template, parameter: str
) -> None:
    function = dict(template.resources("AWS::Lambda::Function"))["CheckLivenessFunction"]
    longest = template.body["Parameters"][parameter]["MaxValue"]

    # SQS counts the twelve hours from the receive.
    assert longest + function["Timeout"] <= 12 * 3600


def test_the_function_dead_letters_to_the_dead_letter_queue_of_the_redrive_policy(
    template: Template,
) -> None:
    function = dict(template.resources("AWS::Lambda::Function"))["CheckLivenessFunction"]
    queues = dict(template.resources("AWS::SQS::Queue"))
    target = queues["RetryQueue"]["RedrivePolicy"]["deadLetterTargetArn"]
    (statement,) = dict(template.policies("CheckLivenessRole"))["dead-letter"]

    assert target == {"Fn::GetAtt": ["FailedUploads", "Arn"]}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Resource"] == target
    assert function["Environment"]["Variables"]["FAILED_UPLOADS_QUEUE_URL"] == {
        "Ref": "FailedUploads"
    }


def test_the_retry_schedule_takes_about_an_hour(template: Template) -> None:
    function = dict(template.resources("AWS::Lambda::Function"))["CheckLivenessFunction"]
    parameters = template.body["Parameters"]
    schedule = RetrySchedule(
        int(function["Environment"]["Variables"]["RETRY_MAX_ATTEMPTS"]),
        Backoff(
            timedelta(seconds=parameters["RetryFirstDelaySeconds"]["Default"]),
            timedelta(seconds=parameters["RetryLongestDelaySeconds"]["Default"]),
        ),
    )
    delays = [schedule.backoff.delay(attempts) for attempts in range(1, schedule.max_attempts)]

    assert timedelta(minutes=55) <= sum(delays, timedelta()) <= timedelta(minutes=65)
    assert delays[0] == timedelta(seconds=30)
    assert max(delays) == timedelta(minutes=15)


def test_lambda_attempts_an_event_once_and_then_sends_it_to_the_retry_queue(
    template: Template,
) -> None:
    ((_, invoke),) = template.resources("AWS::Lambda::EventInvokeConfig")

    assert invoke["MaximumRetryAttempts"] == 0
    destination = invoke["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination == {"Fn::GetAtt": ["RetryQueue", "Arn"]}


def test_the_function_reports_the_failed_messages_of_a_batch(template: Template) -> None:
    ((_, mapping),) = template.resources("AWS::Lambda::EventSourceMapping")

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 10


def test_every_function_has_a_log_group_with_a_retention(template: Template) -> None:
    groups = dict(template.resources("AWS::Logs::LogGroup"))
    for _, properties in template.resources("AWS::Lambda::Function"):
        group = groups[properties["LoggingConfig"]["LogGroup"]["Ref"]]

        assert group["RetentionInDays"]
        assert (
            resolved(group["LogGroupName"]) == f"/aws/lambda/{resolved(properties['FunctionName'])}"
        )


def test_properties_that_the_emulator_drops_are_in_the_template(template: Template) -> None:
    ((_, bucket),) = template.resources("AWS::S3::Bucket")
    tables = dict(template.resources("AWS::DynamoDB::Table"))

    assert bucket["BucketEncryption"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert {name: each["TimeToLiveSpecification"] for name, each in tables.items()} == {
        "VerdictsTable": {"AttributeName": "expires_at", "Enabled": True},
        "UploadsTable": {"AttributeName": "expires_at", "Enabled": True},
        "IdempotencyTable": {"AttributeName": EXPIRY_OF_POWERTOOLS, "Enabled": True},
    }


def test_only_services_of_this_account_may_invoke_a_function(template: Template) -> None:
    principals: dict[str, set[str]] = {}
    for _, permission in template.resources("AWS::Lambda::Permission"):
        function = principals.setdefault(permission["FunctionName"]["Ref"], set())
        function.add(permission["Principal"])
        if permission["Principal"] == "s3.amazonaws.com":
            assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
        else:
            assert "${AWS::AccountId}" in permission["SourceArn"]["Fn::Sub"]

    assert principals == {
        "CheckLivenessFunction": {"s3.amazonaws.com", "events.amazonaws.com"},
        "UploadApiFunction": {"apigateway.amazonaws.com"},
    }


def test_every_permission_names_its_resource(template: Template) -> None:
    for _, statement in template.statements():
        actions = json.dumps(statement["Action"])
        assert "*" not in actions
        assert statement["Resource"] != "*" or "xray:" in actions
