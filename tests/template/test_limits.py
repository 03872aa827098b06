"""AWS's own limits, which the local engine does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from liveness.aws.sqs import RetrySchedule
from tests.template.transformed import Template

# README.md, "Deploying": a stack's name may have this many characters.
LONGEST_STACK_NAME = "s" * 40
ACCOUNT = "123456789012"
LONGEST_ARN = 200
ROOM_FOR_A_PARAMETER = 50


def resolved(name: object) -> str:
    """The name as it comes out for the longest stack name that we allow."""
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
        ("AWS::S3::Bucket", "BucketName", r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"),
        ("AWS::Lambda::Function", "FunctionName", r"[A-Za-z0-9-_]{1,64}"),
        ("AWS::Logs::LogGroup", "LogGroupName", r"[A-Za-z0-9-_/.#]{1,512}"),
    ],
)
def test_names_fit_with_the_longest_stack_name(
    template: Template, kind: str, name: str, pattern: str
) -> None:
    named = [resolved(properties[name]) for _, properties in template.resources(kind)]

    assert named
    assert all(re.fullmatch(pattern, each) for each in named), named


def longest(value: object, parameters: Mapping[str, Mapping[str, Any]]) -> int:
    """Characters of a variable: a parameter's default, or an ARN or address of AWS's."""
    if isinstance(value, dict) and value.get("Ref") in parameters:
        return max(len(str(parameters[value["Ref"]]["Default"])), ROOM_FOR_A_PARAMETER)
    return len(value) if isinstance(value, str) else LONGEST_ARN


def test_an_environment_fits_four_kilobytes(template: Template) -> None:
    for _, properties in template.resources("AWS::Lambda::Function"):
        variables = properties["Environment"]["Variables"]
        parameters = template.body["Parameters"]
        size = sum(len(name) + longest(value, parameters) for name, value in variables.items())

        assert size <= 4096


def test_no_function_reserves_concurrency_unasked_as_a_small_account_cannot_give_it(
    template: Template,
) -> None:
    for _, properties in template.resources("AWS::Lambda::Function"):
        asked, _, otherwise = properties["ReservedConcurrentExecutions"]["Fn::If"]

        assert template.body["Conditions"][asked] == {
            "Fn::Not": [{"Fn::Equals": [{"Ref": "ReservedConcurrency"}, -1]}]
        }
        assert template.body["Parameters"]["ReservedConcurrency"]["Default"] == -1
        assert otherwise == {"Ref": "AWS::NoValue"}


def test_a_message_outlasts_six_invocations_before_it_is_shown_to_another(
    template: Template,
) -> None:
    ((_, function),) = template.resources("AWS::Lambda::Function")
    ((_, mapping),) = template.resources("AWS::Lambda::EventSourceMapping")
    queue = dict(template.resources("AWS::SQS::Queue"))[mapping["EventSourceArn"]["Fn::GetAtt"][0]]

    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_giving_up_has_two_receives_to_spare_before_a_message_falls_into_failed_uploads(
    template: Template,
) -> None:
    ((_, function),) = template.resources("AWS::Lambda::Function")
    queues = dict(template.resources("AWS::SQS::Queue"))
    tries = int(function["Environment"]["Variables"]["RETRY_TRIES"])

    assert queues["RetryQueue"]["RedrivePolicy"]["maxReceiveCount"] == tries + 2
    assert queues["FailedUploads"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_schedule_takes_about_an_hour_and_fits_the_queues_memory(template: Template) -> None:
    ((_, function),) = template.resources("AWS::Lambda::Function")
    parameters = template.body["Parameters"]
    schedule = RetrySchedule(
        int(function["Environment"]["Variables"]["RETRY_TRIES"]),
        timedelta(seconds=parameters["RetryFirstDelaySeconds"]["Default"]),
        timedelta(seconds=parameters["RetryLongestDelaySeconds"]["Default"]),
    )
    waits = [schedule.delay_after(received) for received in range(1, schedule.tries)]

    assert timedelta(minutes=55) <= sum(waits, timedelta()) <= timedelta(minutes=65)
    assert waits[0] == timedelta(seconds=30)
    assert max(waits) == timedelta(minutes=15)


def test_the_event_is_tried_once_and_then_goes_to_the_retry_queue(template: Template) -> None:
    ((_, invoke),) = template.resources("AWS::Lambda::EventInvokeConfig")

    assert invoke["MaximumRetryAttempts"] == 0
    destination = invoke["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination == {"Fn::GetAtt": ["RetryQueue", "Arn"]}


def test_the_queue_reports_each_message_of_a_batch(template: Template) -> None:
    ((_, mapping),) = template.resources("AWS::Lambda::EventSourceMapping")

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 10


def test_every_function_logs_to_a_group_that_expires(template: Template) -> None:
    groups = dict(template.resources("AWS::Logs::LogGroup"))
    for _, properties in template.resources("AWS::Lambda::Function"):
        group = groups[properties["LoggingConfig"]["LogGroup"]["Ref"]]

        assert group["RetentionInDays"]
        assert (
            resolved(group["LogGroupName"]) == f"/aws/lambda/{resolved(properties['FunctionName'])}"
        )


def test_what_the_engine_drops_is_in_the_template(template: Template) -> None:
    ((_, bucket),) = template.resources("AWS::S3::Bucket")
    ((_, table),) = template.resources("AWS::DynamoDB::Table")

    assert bucket["BucketEncryption"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_nothing_but_the_bucket_may_call_the_function(template: Template) -> None:
    for _, permission in template.resources("AWS::Lambda::Permission"):
        assert permission["Principal"] == "s3.amazonaws.com"
        assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_every_permission_names_its_resource(template: Template) -> None:
    for _, statements in template.policies():
        for statement in statements:
            actions = json.dumps(statement["Action"])
            assert "*" not in actions
            assert statement["Resource"] != "*" or "xray:" in actions
