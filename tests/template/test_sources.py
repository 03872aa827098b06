"""What rule and role name for a list of source buckets and prefixes: exactly these."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.template.resolved import PROTECTED, resolved
from tests.template.transformed import Template

# IAM's limit of all inline policies of a role, without white space.
MAX_INLINE_CHARACTERS = 10_240
# Systems Manager's limit of a standard parameter.
MAX_PARAMETER_CHARACTERS = 4_096
USUAL_BUCKET = "company-selfies-123456789012"
LONGEST_BUCKET, LONG_PREFIX = "b" * 63, "selfies/by-customer/2026/"
ACCEPTED_PREFIXES = ["selfies/", "selfies/2026-11/", "a=b/", "it's(1)!_.@:+&/"]
REFUSED_LISTS = ["a,", ",a", "a,,b", "a, b", "a*", "a?", "${aws:username}", "a,b,c,d,e", 'a"b']


EVERY_OTHER_OPTION = {
    name: value for name, value in PROTECTED.items() if name not in {"SourceBuckets", "KeyPrefixes"}
}


def with_sources(template: Template, buckets: str, prefixes: str = "", **more: str) -> Template:
    parameters = {"SourceBuckets": buckets, "KeyPrefixes": prefixes, **more}
    return resolved(template, parameters)


def arns(template: Template, parameter: str) -> list[str]:
    """The value of one of the two lists of ARNs, in the partition `aws`."""
    joined = dict(template.resources("AWS::SSM::Parameter"))[parameter]["Value"]["Fn::Join"][1]
    return [arn for part in joined for arn in _text(part).split(",")]


def _text(part: Any) -> str:
    given = part["Fn::Sub"]
    text, variables = given if isinstance(given, list) else (given, {})
    values = {"AWS::Partition": "aws", "UploadBucketName.Value": "own"}
    for name, each in variables.items():
        values[name] = each if isinstance(each, str) else _text(each)
    return re.sub(r"\$\{(.+?)\}", lambda match: values[match[1]], text)


def test_the_role_may_use_each_prefix_of_each_bucket_and_nothing_else(template: Template) -> None:
    sources = with_sources(template, "archive,imports,old", "selfies/,faces/")

    assert set(arns(sources, "BucketArns")) == {
        f"arn:aws:s3:::{bucket}" for bucket in ("archive", "imports", "old")
    }
    assert set(arns(sources, "ImageArns")) == {
        f"arn:aws:s3:::{bucket}/{prefix}*"
        for bucket in ("archive", "imports", "old")
        for prefix in ("selfies/", "faces/")
    }


def test_without_prefixes_the_role_may_use_every_key(template: Template) -> None:
    sources = with_sources(template, "archive", CreateUploadBucket="on")

    assert set(arns(sources, "ImageArns")) == {"arn:aws:s3:::own/*", "arn:aws:s3:::archive/*"}


def test_without_source_buckets_it_is_the_own_bucket_only(template: Template) -> None:
    assert arns(resolved(template), "BucketArns") == ["arn:aws:s3:::own"]


@pytest.mark.parametrize("prefixes", ["", "selfies/", "selfies/,faces/,a/,b/"])
def test_the_rule_matches_exactly_these_buckets_and_prefixes(
    template: Template, prefixes: str
) -> None:
    ((_, rule),) = with_sources(template, "archive,imports", prefixes).resources(
        "AWS::Events::Rule"
    )

    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.s3"]
    assert pattern["detail-type"] == ["Object Created"]
    assert pattern["detail"]["bucket"]["name"] == ["archive", "imports"]
    keys = {each["prefix"] for each in pattern["detail"]["object"]["key"]}
    assert keys == set(prefixes.split(","))


def test_all_lists_of_usual_names_fit_into_the_policies_with_every_option(
    template: Template,
) -> None:
    """Four of the longest names do not, and IAM says so at the deployment."""
    four = {
        "SourceBuckets": ",".join([USUAL_BUCKET] * 4),
        "KeyPrefixes": "selfies/," * 3 + "faces/",
    }
    sources = resolved(template, {**PROTECTED, **four})
    role = dict(sources.resources("AWS::IAM::Role"))["CheckLivenessRole"]

    def plain(raw: Any) -> Any:
        """A policy as IAM gets it, with texts of about the right length for what is not known."""
        match raw:
            case {"Fn::Split": [",", {"Fn::GetAtt": [str(name), "Value"]}]}:
                return arns(sources, name)
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{.+?\}", "x" * 12, text)
            case {"Fn::GetAtt": _} | {"Ref": _}:
                return "x" * 90
            case dict():
                return {name: plain(each) for name, each in raw.items()}
            case list():
                return [plain(each) for each in raw]
        return raw

    documents = [plain(each["PolicyDocument"]) for each in role["Policies"]]

    assert json.dumps(documents).count(f"{USUAL_BUCKET}/faces/*") == 5 * 4
    characters = sum(len(json.dumps(each, separators=(",", ":"))) for each in documents)
    assert characters <= MAX_INLINE_CHARACTERS


def test_the_longest_names_fit_into_a_parameter_of_systems_manager(template: Template) -> None:
    buckets, prefixes = ",".join([LONGEST_BUCKET] * 4), ",".join([LONG_PREFIX] * 4)
    images = arns(with_sources(template, buckets, prefixes), "ImageArns")

    assert len(",".join(images)) <= MAX_PARAMETER_CHARACTERS


@pytest.mark.parametrize("name", ["SourceBuckets", "KeyPrefixes"])
@pytest.mark.parametrize("value", REFUSED_LISTS)
def test_a_list_with_an_empty_item_a_wildcard_or_a_fifth_is_refused(
    template: Template, name: str, value: str
) -> None:
    assert not re.fullmatch(template.body["Parameters"][name]["AllowedPattern"], value)


@pytest.mark.parametrize("prefix", ACCEPTED_PREFIXES)
def test_a_prefix_of_usual_characters_is_accepted(template: Template, prefix: str) -> None:
    pattern = template.body["Parameters"]["KeyPrefixes"]["AllowedPattern"]

    assert re.fullmatch(pattern, prefix)
    assert re.fullmatch(pattern, ",".join([prefix] * 4))


def test_the_readers_guard_spares_nobody_but_the_function(template: Template) -> None:
    """The emulator does not enforce the second statement: it has no `s3:RequestObjectTagKeys`."""
    ((_, policy),) = resolved(template, PROTECTED).resources("AWS::S3::BucketPolicy")
    guard = {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}
    reading, tagging = guard["DenyReadingUnlessLive"], guard["DenySettingLivenessTags"]

    assert reading["Effect"] == tagging["Effect"] == "Deny"
    assert reading["Principal"] == tagging["Principal"] == "*"
    assert reading["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert reading["Condition"]["StringNotEquals"] == {"s3:ExistingObjectTag/liveness": "live"}
    assert set(tagging["Action"]) == {
        "s3:PutObject",
        "s3:PutObjectTagging",
        "s3:PutObjectVersionTagging",
    }
    assert tagging["Condition"]["ForAnyValue:StringEquals"] == {
        "s3:RequestObjectTagKeys": ["liveness", "liveness-id"]
    }
    spared = reading["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert spared == tagging["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert spared[0] == {"Fn::GetAtt": ["CheckLivenessRole", "Arn"]}
    assert spared[1]["Fn::Sub"].endswith(":assumed-role/${CheckLivenessRole}/*")
