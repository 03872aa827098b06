"""What a security reviewer reads the template for, and the engine does not enforce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from tests.local_cloud.test_permissions import ENFORCED, SEEN_ELSEWHERE, SUSPENDED
from tests.security_page import COMMAND, section
from tests.template.permissions import permissions
from tests.template.resolved import DEFAULTS, PROTECTED, resolved
from tests.template.transformed import Template

NAMED = "${AWS::StackName}-uploads-${AWS::AccountId}"
TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}

# Why a statement is needed that the engine does not enforce.
NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "come-back-through-the-queue": (
            "Lambda sends a failed event to the OnFailure destination as the function's role; "
            "without it the event is dropped."
        ),
        "work-on-the-queue": (
            "Lambda polls RetryQueue as the function's role; the mapping is not even created "
            "without the three."
        ),
        "tell-a-picture-that-is-gone-from-a-forbidden-one": (
            "S3 answers 403 in place of 404 to whoever may not list, and a deleted picture "
            "would be retried for an hour."
        ),
        "erase-the-picture": (
            "EraseAfterVerdict deletes one version; without it the picture stays and the event "
            "comes back until it is given up."
        ),
        "use-the-key-through-these-services": (
            "S3, DynamoDB, SNS, SQS and Secrets Manager use a key of one's own as the caller: "
            "each read decrypts, each write takes a data key."
        ),
        "log": "The function's role writes its log; without it there is none.",
        "trace": "Tracing is Active: X-Ray takes segments and counts as the function's role.",
        "UploadBucketPolicy.OverTlsOnly": "S3 still answers plain http.",
        "VerdictsTopicPolicy.OverTlsOnly": "SNS still answers plain http.",
        "RetryQueuePolicy.OverTlsOnly": "SQS still answers plain http.",
        "FailedUploadsPolicy.OverTlsOnly": "SQS still answers plain http.",
        "AlarmsTopicPolicy.OverTlsOnly": "SNS still answers plain http.",
        "AlarmsTopicPolicy.AlarmsTell": (
            "CloudWatch publishes as itself; the local engine's alarms publish to nobody."
        ),
        "VerdictsTopicPolicy.ThisAccountSubscribes": (
            "A topic with a policy of its own lets nobody subscribe whom it does not name; this "
            "replaces SNS's default, by which the whole account may publish."
        ),
    }
)


def statements(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Statements beside resources, by policy and Sid."""
    for name, resource in template.body["Resources"].items():
        document = resource.get("Properties", {}).get("PolicyDocument")
        if document and resource["Type"] != "AWS::IAM::Role":
            for statement in document["Statement"]:
                yield f"{name}.{statement['Sid']}", statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture(params=[DEFAULTS, PROTECTED], ids=["defaults", "protected"])
def rendering(request: pytest.FixtureRequest, template: Template) -> Template:
    return resolved(template, request.param)


def test_every_statement_is_shown_to_be_needed(template: Template) -> None:
    of_role = {name for name, _ in template.policies()}
    beside = {name for name, _ in statements(template)}

    seen = {*ENFORCED, SUSPENDED, *SEEN_ELSEWHERE}
    assert of_role | beside == seen | set(NEEDED)
    assert not seen & set(NEEDED)


def test_a_role_allows_named_actions_on_named_resources_only(rendering: Template) -> None:
    for name, allowed in rendering.policies():
        for statement in allowed:
            assert statement["Effect"] == "Allow"
            assert all("*" not in action for action in listed(statement["Action"]))
            assert "NotAction" not in statement
            assert "NotResource" not in statement
            # X-Ray has no kinds of resources.
            assert name == "trace" or "*" not in listed(statement["Resource"])


def test_objects_are_the_only_resources_named_by_a_wildcard(rendering: Template) -> None:
    for _, allowed in rendering.policies():
        for statement in allowed:
            for resource in listed(statement["Resource"]):
                if isinstance(resource, dict) and "*" in str(resource.get("Fn::Sub", "")):
                    assert resource["Fn::Sub"].endswith(f":s3:::{NAMED}/*")


def test_only_lambda_becomes_the_functions_role(template: Template) -> None:
    for _, role in template.resources("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_no_resource_lets_in_whoever_is_not_named(template: Template) -> None:
    for name, statement in statements(template):
        if statement["Effect"] == "Allow":
            principals = [each for of in statement["Principal"].values() for each in listed(of)]
            assert "*" not in principals, name
            if "Service" in statement["Principal"]:
                keys = {key for of in statement["Condition"].values() for key in of}
                assert {"aws:SourceArn", "aws:SourceAccount"} <= keys, name


@pytest.mark.parametrize(
    ("kind", "policy", "held"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
    ],
)
def test_whatever_comes_without_tls_is_denied(
    template: Template, kind: str, policy: str, held: str
) -> None:
    denied = {
        resource["Ref"]
        for _, properties in template.resources(policy)
        for resource in listed(properties[held])
        for statement in properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Condition"] == TLS_ONLY
    }

    assert denied == {name for name, _ in template.resources(kind)}


def test_the_bucket_is_denied_with_all_that_is_in_it(template: Template) -> None:
    ((_, policy),) = template.resources("AWS::S3::BucketPolicy")
    (denial,) = policy["PolicyDocument"]["Statement"]

    assert denial["Action"] == "s3:*"
    assert len(denial["Resource"]) == 2


def test_only_this_bucket_of_this_account_calls_the_function(template: Template) -> None:
    ((_, permission),) = template.resources("AWS::Lambda::Permission")

    assert permission["Principal"] == "s3.amazonaws.com"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert permission["SourceArn"]["Fn::Sub"].endswith(f":s3:::{NAMED}")


def test_the_bucket_is_private_in_every_way_that_s3_knows(template: Template) -> None:
    ((_, bucket),) = template.resources("AWS::S3::Bucket")

    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    (rule,) = bucket["OwnershipControls"]["Rules"]
    assert rule["ObjectOwnership"] == "BucketOwnerEnforced"
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    for open_to_others in ("AccessControl", "WebsiteConfiguration", "CorsConfiguration"):
        assert open_to_others not in bucket


def test_no_parameter_and_no_variable_holds_a_secret(template: Template) -> None:
    names = [*template.body["Parameters"]]
    for _, function in template.resources("AWS::Lambda::Function"):
        names += function["Environment"]["Variables"]

    for name in names:
        told = name.lower().replace("_", "")
        assert not any(word in told for word in ("secretkey", "secretid", "token", "password"))


def test_no_log_level_reaches_further_than_our_own_lines(template: Template) -> None:
    # At DEBUG boto logs secrets and signatures (tests/local_cloud/test_leaks.py shows it).
    for _, function in template.resources("AWS::Lambda::Function"):
        assert set(function["LoggingConfig"]) == {"LogGroup"}
        for variable in ("AWS_LAMBDA_LOG_LEVEL", "POWERTOOLS_DEBUG", "BOTO_LOG_LEVEL"):
            assert variable not in function["Environment"]["Variables"]


def test_the_page_has_the_permissions_that_the_template_gives(template: Template) -> None:
    assert section("permissions") == permissions(template), f"run `{COMMAND}`"
