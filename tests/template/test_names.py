"""Two regions and two stacks of one account have names of their own, all within AWS's limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from tests.template.transformed import PROJECT, Template

ACCOUNT = "123456789012"
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
MAX_BUCKET_NAME_LENGTH = 63
# "Namespaces for general purpose buckets" in Amazon S3's user guide.
WITHOUT_ACCOUNT_REGIONAL_NAMESPACE = {"me-south-1", "me-central-1"}
REGIONS = sorted(
    region
    for partition in boto3.Session().get_available_partitions()
    for region in boto3.Session().get_available_regions("s3", partition)
)


def resolve(value: Any, region: str, stack: str, conditions: Mapping[str, Any]) -> str:
    """A name in one region."""
    match value:
        case {"Fn::If": [name, then, otherwise]}:
            chosen = then if holds(conditions[name], region) else otherwise
            return resolve(chosen, region, stack, conditions)
        case {"Fn::Sub": str(text)}:
            pseudo = {"StackName": stack, "AccountId": ACCOUNT, "Region": region}
            return re.sub(r"\$\{AWS::(\w+)\}", lambda match: pseudo[match[1]], text)
        case str(text):
            return text
    raise ValueError(f"unknown form of a name: {value}")


def holds(condition: Any, region: str) -> bool:
    """Whether a condition on the region is true."""
    match condition:
        case {"Fn::Not": [inner]}:
            return not holds(inner, region)
        case {"Fn::Or": inner}:
            return any(holds(each, region) for each in inner)
        case {"Fn::Equals": [{"Ref": "AWS::Region"}, str(other)]}:
            return region == other
    raise ValueError(f"unknown form of a condition: {condition}")


def bucket(template: Template, region: str, stack: str) -> tuple[str, str]:
    """Name and namespace of the upload bucket in one region."""
    ((_, properties),) = template.resources("AWS::S3::Bucket")
    conditions = template.body["Conditions"]
    assert properties["BucketName"] == {"Fn::GetAtt": ["UploadBucketName", "Value"]}
    name = dict(template.resources("AWS::SSM::Parameter"))["UploadBucketName"]["Value"]
    return (
        resolve(name, region, stack, conditions),
        resolve(properties["BucketNamespace"], region, stack, conditions),
    )


def _longest_stack_name_length() -> int:
    (length,) = re.findall(r"at most (\d+) characters", (PROJECT / "README.md").read_text())
    return int(length)


LONGEST_STACK_NAME_LENGTH = _longest_stack_name_length()
"""What README.md allows."""


@pytest.mark.parametrize("region", REGIONS)
def test_the_buckets_name_ends_as_its_namespace_demands(template: Template, region: str) -> None:
    name, namespace = bucket(template, region, "liveness")

    if region in WITHOUT_ACCOUNT_REGIONAL_NAMESPACE:
        assert (name, namespace) == (f"liveness-{ACCOUNT}-{region}", "global")
    else:
        assert (name, namespace) == (f"liveness-{ACCOUNT}-{region}-an", "account-regional")


def test_the_longest_stack_name_fits_the_longest_region_and_no_longer_one_does(
    template: Template,
) -> None:
    longest = max(REGIONS, key=len)
    fits, _ = bucket(template, longest, "s" * LONGEST_STACK_NAME_LENGTH)

    assert BUCKET_NAME.fullmatch(fits)
    assert len(fits) == MAX_BUCKET_NAME_LENGTH
    assert f"at most {LONGEST_STACK_NAME_LENGTH}," in template.body["Description"]


def test_dashboards_of_two_regions_have_two_names(template: Template) -> None:
    ((_, dashboard),) = template.resources("AWS::CloudWatch::Dashboard")
    names = {
        resolve(dashboard["DashboardName"], region, "liveness", {})
        for region in ("us-east-1", "eu-central-1")
    }

    assert names == {"liveness-us-east-1", "liveness-eu-central-1"}


def test_layers_of_two_stacks_have_two_names(template: Template) -> None:
    layers = [layer for _, layer in template.resources("AWS::Lambda::LayerVersion")]
    names = [
        resolve(layer["LayerName"], "us-east-1", stack, {})
        for layer in layers
        for stack in ("one", "two")
    ]

    assert len(names) == len({*names}) == 4


def test_the_buckets_name_is_built_in_one_place(template: Template) -> None:
    source = (PROJECT / "template.yaml").read_text()

    # With and without the account's regional namespace.
    assert source.count("${AWS::StackName}-${AWS::AccountId}") == 2
