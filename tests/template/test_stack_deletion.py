"""A deletion that the bucket refuses leaves a pipeline that still processes uploads.

CloudFormation deletes a resource before those that it depends on: what the bucket reaches outlives
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.template.resolved import DEFAULTS, PROTECTED, UPLOAD_API, resolved
from tests.template.transformed import Template

# Types that an upload passes on its way; alarms are how its operators hear of a fault.
ON_THE_PATH = {
    "AWS::CloudWatch::Alarm",
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::SSM::Parameter",
    "AWS::SecretsManager::Secret",
}
BESIDE_THE_PATH = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::S3::BucketPolicy",
}
# DependsOn takes names, not conditions, and the bucket refers to none of these. SNS's default
# policy, which the topic falls back to, lets alarms publish.
CONDITIONAL = {
    "ActionRetiredAlarm",
    "AlarmsTopicPolicy",
    "DetectionErrorRateAlarm",
    "EventsDroppedAlarm",
    "FunctionErrorRateAlarm",
    "NotLiveShareAlarm",
    # Of other buckets.
    "UploadsRuleInvokePermission",
}


def references(value: Any) -> Iterator[str]:
    """Names that a value refers to by Ref, GetAtt or Sub."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from re.findall(r"\$\{(\w+)", text)
        case dict():
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)


def outlive(resource: str, resources: Mapping[str, Any]) -> set[str]:
    """Every resource that is deleted after this one, and the resource itself."""
    found, waiting = set(), [resource]
    while waiting:
        name = waiting.pop()
        if name in resources and name not in found:
            found.add(name)
            depends_on = resources[name].get("DependsOn", [])
            waiting += [depends_on] if isinstance(depends_on, str) else depends_on
            waiting += references(resources[name].get("Properties", {}))
    return found


def of_the_upload_api(template: Template) -> set[str]:
    """Resources that exist with the upload API only: none of them is needed by an upload."""
    resources = template.body["Resources"].items()
    names = {name for name, each in resources if each.get("Condition") == "HasUploadApi"}
    # The function that decides uses up forms in it.
    return names - {"UploadsTable"}


@pytest.fixture(params=[DEFAULTS, PROTECTED], ids=["defaults", "protected"])
def resources(request: pytest.FixtureRequest, template: Template) -> Mapping[str, Any]:
    found: Mapping[str, Any] = resolved(template, request.param).body["Resources"]
    return found


def test_everything_that_an_upload_needs_outlives_the_bucket(
    template: Template, resources: Mapping[str, Any]
) -> None:
    on_the_path = {name for name, each in resources.items() if each["Type"] in ON_THE_PATH}
    on_the_path -= of_the_upload_api(template)

    assert on_the_path - outlive("UploadBucket", resources) <= CONDITIONAL


def test_no_request_finds_a_route_without_all_that_it_needs(template: Template) -> None:
    resources = resolved(template, UPLOAD_API).body["Resources"]
    kinds = {name: resources[name]["Type"] for name in of_the_upload_api(template)}
    routes = {name for name, kind in kinds.items() if kind == "AWS::ApiGatewayV2::Route"}
    # Without the stage there is no route; its log and the alarms answer no request.
    others = {"UploadApiStage", "UploadApiAccessLogs", "LockoutsAlarm", "UploadApiErrorsAlarm"}
    needed = (
        {*kinds, "UploadBucket", "UploadsTable", "VerdictsTable", "DigestKey"} - routes - others
    )

    assert len(routes) == 3
    for route in routes:
        assert needed <= outlive(route, resources), route


def test_the_api_takes_no_more_uploads_when_the_bucket_is_being_deleted(template: Template) -> None:
    resources = resolved(template, UPLOAD_API).body["Resources"]

    assert not outlive("UploadBucket", resources) & of_the_upload_api(template)


def test_every_type_is_on_the_path_or_beside_it(template: Template) -> None:
    types = {resource["Type"] for resource in template.body["Resources"].values()}

    assert types == ON_THE_PATH | BESIDE_THE_PATH


def test_what_does_not_outlive_the_bucket_is_conditional(template: Template) -> None:
    for name in CONDITIONAL:
        assert "Condition" in template.body["Resources"][name]


def test_the_buckets_policy_is_kept_until_the_bucket_is_deleted(template: Template) -> None:
    policy = template.body["Resources"]["UploadBucketPolicy"]

    assert policy["DeletionPolicy"] == "Retain"
