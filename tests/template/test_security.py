"""What a security review checks in the template, and the emulator does not enforce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from tests.local_cloud.test_permissions import (
    CHECK_FAILED,
    DEAD_LETTER,
    ENFORCED,
    ENFORCED_ELSEWHERE,
    WITHOUT_VERSION,
)
from tests.local_cloud.upload_api.test_permissions import ENFORCED as ENFORCED_OF_THE_API
from tests.local_cloud.upload_api.test_permissions import OF_THE_DECIDING_FUNCTION, OF_THE_FORM
from tests.security_page import COMMAND, section
from tests.template.permissions import as_list, permissions, unconditional
from tests.template.resolved import DEFAULTS, PROTECTED, UPLOAD_API, resolved
from tests.template.transformed import Template

BUCKET_NAME = "${UploadBucketName.Value}"
WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}

# Why a statement is needed that the emulator does not enforce.
NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "send-to-retry-queue": (
            "Lambda sends a failed event to the on-failure destination as the function's role; "
            "without it the event is dropped."
        ),
        "consume-retry-queue": (
            "Lambda polls RetryQueue as the function's role; it refuses the event source mapping "
            "without these three."
        ),
        "list-bucket-to-distinguish-missing-from-forbidden": (
            "S3 answers 403 instead of 404 to whoever may not list objects and versions, and a "
            "deleted image would be retried for two hours."
        ),
        "erase-image": (
            "EraseAfterVerdict deletes one version; without it the image stays, and the event is "
            "redelivered until it fails."
        ),
        "use-kms-key": (
            "S3, SNS, SQS and Secrets Manager use a customer managed key as the caller: each read "
            "decrypts, each write generates a data key."
        ),
        "use-kms-key-of-table": (
            "DynamoDB documents these as the least that it needs of a customer managed key, and "
            "uses the key as the caller."
        ),
        "decrypt-with-former-kms-keys": (
            "A changed key re-encrypts nothing: images, messages and the secret stay under the key "
            "that they were stored with."
        ),
        "decrypt-source-images": (
            "S3 decrypts an image of a source bucket with that bucket's key, as the caller."
        ),
        "read-image-tags": (
            "PutObjectTagging replaces all tags of a version: without them, others' would be lost."
        ),
        "tag-image": "Without it no version is tagged, and the event is redelivered.",
        "UploadBucketPolicy.DenyReadingUnlessLive": (
            "A policy of IAM that allows s3:GetObject would let its principal read every image."
        ),
        "UploadBucketPolicy.DenySettingLivenessTags": (
            "Whoever may write or tag objects could tag an image as live."
        ),
        "RetryQueuePolicy.AllowUploadsRule": (
            "EventBridge sends what it could not deliver as itself, or else drops it."
        ),
        "RetryQueuePolicy.AllowSourceBuckets": (
            "S3 notifies a queue as itself, and refuses a configuration that it may not deliver to."
        ),
        "write-logs": "The function's role writes the log; without it there is none.",
        "write-traces": "Tracing is Active: the function's role sends segments and telemetry.",
        "UploadBucketPolicy.DenyInsecureTransport": "S3 still serves plain http.",
        "VerdictsTopicPolicy.DenyInsecureTransport": "SNS still serves plain http.",
        "RetryQueuePolicy.DenyInsecureTransport": "SQS still serves plain http.",
        "FailedUploadsPolicy.DenyInsecureTransport": "SQS still serves plain http.",
        "AlarmsTopicPolicy.DenyInsecureTransport": "SNS still serves plain http.",
        "AlarmsTopicPolicy.AllowAlarmsOfThisStack": (
            "CloudWatch publishes as itself; the emulator's alarms publish nothing."
        ),
        "VerdictsTopicPolicy.AllowSubscribersOfThisAccount": (
            "A topic with a policy of its own allows only the principals in it; this one replaces "
            "SNS's default, by which the whole account may publish."
        ),
        "VerdictsTopicPolicy.AllowSubscribersOfOtherAccounts": (
            "Another account may subscribe only where the topic's policy allows it; the emulator "
            "does not have the condition key sns:Protocol (tests/local_cloud/subscribers)."
        ),
    }
)
# The same of the upload API's role.
NEEDED_BY_THE_API: Mapping[str, str] = MappingProxyType(
    {
        "use-kms-key": (
            "S3 encrypts a picture in the name of whoever signed its form; Secrets Manager "
            "decrypts the digest key as the caller."
        ),
        "use-kms-key-of-table": NEEDED["use-kms-key-of-table"],
        "decrypt-with-former-kms-keys": (
            "The digest key stays under a former key where whoever deployed could not re-encrypt "
            "it, and a table until DynamoDB has moved its key hierarchy."
        ),
        "write-logs": NEEDED["write-logs"],
        "write-traces": NEEDED["write-traces"],
    }
)


def statements(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Statements of resource policies, by policy and Sid."""
    for name, resource in template.body["Resources"].items():
        document = resource.get("Properties", {}).get("PolicyDocument")
        if document and resource["Type"] != "AWS::IAM::Role":
            for each in document["Statement"]:
                _, statement = unconditional(each)
                yield f"{name}.{statement['Sid']}", statement


@pytest.fixture(params=[DEFAULTS, PROTECTED], ids=["defaults", "protected"])
def rendering(request: pytest.FixtureRequest, template: Template) -> Template:
    return resolved(template, request.param)


def test_every_statement_is_shown_to_be_needed(template: Template) -> None:
    of_the_role = {name for name, _ in template.policies("CheckLivenessRole")}
    of_resources = {name for name, _ in statements(template)}

    one_by_one = {WITHOUT_VERSION, DEAD_LETTER, CHECK_FAILED, OF_THE_DECIDING_FUNCTION}
    enforced = {*ENFORCED, *one_by_one, *ENFORCED_ELSEWHERE}
    assert of_the_role | of_resources == enforced | set(NEEDED)
    assert not enforced & set(NEEDED)


def test_every_action_of_the_apis_role_is_shown_to_be_needed(template: Template) -> None:
    enforced = {(each.policy, each.action) for each in ENFORCED_OF_THE_API}
    needed = {
        # Of several actions, each is taken away on its own.
        (name, action if len(as_list(statement["Action"])) > 1 else None)
        for name, (statement,) in template.policies("UploadApiRole")
        if name not in NEEDED_BY_THE_API
        for action in as_list(statement["Action"])
    }

    assert needed == enforced | {(OF_THE_FORM, None)}
    assert set(NEEDED_BY_THE_API) <= {name for name, _ in template.policies("UploadApiRole")}


def test_a_role_allows_only_named_actions_on_named_resources(rendering: Template) -> None:
    for name, statement in rendering.statements():
        assert statement["Effect"] == "Allow"
        assert all("*" not in action for action in as_list(statement["Action"]))
        assert "NotAction" not in statement
        assert "NotResource" not in statement
        # X-Ray has no resource types.
        assert name == "write-traces" or "*" not in as_list(statement["Resource"])


def test_only_objects_are_named_by_a_wildcard(rendering: Template) -> None:
    for _, statement in rendering.statements():
        for resource in as_list(statement["Resource"]):
            if isinstance(resource, dict) and "*" in str(resource.get("Fn::Sub", "")):
                objects = (f":s3:::{BUCKET_NAME}/*", f":s3:::{BUCKET_NAME}/selfies/*")
                assert resource["Fn::Sub"].endswith(objects)


def test_a_permissions_boundary_bounds_every_role(template: Template) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    bounded = resolved(template, {**UPLOAD_API, "PermissionsBoundaryArn": boundary})
    boundaries = {
        name: role["PermissionsBoundary"] for name, role in bounded.resources("AWS::IAM::Role")
    }

    assert boundaries == {"CheckLivenessRole": boundary, "UploadApiRole": boundary}
    for _, role in resolved(template, UPLOAD_API).resources("AWS::IAM::Role"):
        assert "PermissionsBoundary" not in role


def test_a_missing_version_is_told_from_a_forbidden_one(template: Template) -> None:
    policies = dict(template.policies("CheckLivenessRole"))
    (statement,) = policies["list-bucket-to-distinguish-missing-from-forbidden"]

    assert statement["Action"] == ["s3:ListBucket", "s3:ListBucketVersions"]


def test_notifications_are_signed_with_sha256(template: Template) -> None:
    topics = dict(template.resources("AWS::SNS::Topic"))

    assert {name: topic["SignatureVersion"] for name, topic in topics.items()} == {
        "VerdictsTopic": "2",
        "AlarmsTopic": "2",
    }


def test_images_under_a_key_that_only_the_uploader_has_are_refused(template: Template) -> None:
    ((_, bucket),) = template.resources("AWS::S3::Bucket")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}


def test_only_lambda_may_assume_a_functions_role(template: Template) -> None:
    for _, role in template.resources("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_no_resource_policy_allows_anonymous_or_unrestricted_principals(template: Template) -> None:
    for name, statement in statements(template):
        if statement["Effect"] == "Allow":
            principals = [
                each for kind in statement["Principal"].values() for each in as_list(kind)
            ]
            assert "*" not in principals, name
            if "Service" in statement["Principal"]:
                keys = {key for each in statement["Condition"].values() for key in each}
                # EventBridge's ARNs have the account, S3's have none.
                has_account = ":rule/" in str(statement["Condition"])
                assert "aws:SourceArn" in keys, name
                assert has_account or "aws:SourceAccount" in keys, name


@pytest.mark.parametrize(
    ("kind", "policy", "resources"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
    ],
)
def test_requests_without_tls_are_denied(
    template: Template, kind: str, policy: str, resources: str
) -> None:
    denied = {
        resource["Ref"]
        for _, properties in template.resources(policy)
        for resource in as_list(properties[resources])
        for each in properties["PolicyDocument"]["Statement"]
        if (statement := unconditional(each)[1])["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Condition"] == WITHOUT_TLS
    }

    assert denied == {name for name, _ in template.resources(kind)}


def test_requests_without_tls_are_denied_for_the_bucket_and_its_objects(template: Template) -> None:
    ((_, policy),) = template.resources("AWS::S3::BucketPolicy")
    denial, *_conditional = policy["PolicyDocument"]["Statement"]

    assert denial["Action"] == "s3:*"
    assert len(denial["Resource"]) == 2


def test_only_this_bucket_this_rule_and_this_api_of_this_account_may_invoke_a_function(
    template: Template,
) -> None:
    permissions = dict(template.resources("AWS::Lambda::Permission"))
    sources = {name: each["SourceArn"]["Fn::Sub"] for name, each in permissions.items()}

    of_bucket = permissions["UploadBucketInvokePermission"]
    assert of_bucket["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert sources.pop("UploadBucketInvokePermission").endswith(f":s3:::{BUCKET_NAME}")
    assert sources.pop("UploadsRuleInvokePermission").endswith(
        ":${AWS::AccountId}:rule/${AWS::StackName}-uploads"
    )
    assert sources.pop("UploadApiInvokePermission").endswith(
        ":${AWS::AccountId}:${UploadHttpApi}/*"
    )
    assert not sources


def test_the_bucket_allows_no_public_access_and_no_acls(template: Template) -> None:
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
    for public in ("AccessControl", "WebsiteConfiguration"):
        assert public not in bucket
    ((_, by_default),) = resolved(template).resources("AWS::S3::Bucket")
    assert "CorsConfiguration" not in by_default


def test_no_parameter_and_no_variable_is_named_like_a_secret(template: Template) -> None:
    names = [*template.body["Parameters"]]
    for _, function in template.resources("AWS::Lambda::Function"):
        names += function["Environment"]["Variables"]

    for name in names:
        plain = name.lower().replace("_", "")
        assert not any(word in plain for word in ("secretkey", "secretid", "token", "password"))


def test_no_log_level_applies_to_libraries(template: Template) -> None:
    # At DEBUG boto3 logs secrets and signatures (tests/local_cloud/test_secret_leaks.py shows it).
    for _, function in template.resources("AWS::Lambda::Function"):
        assert set(function["LoggingConfig"]) == {"LogGroup"}
        for variable in ("AWS_LAMBDA_LOG_LEVEL", "POWERTOOLS_DEBUG", "BOTO_LOG_LEVEL"):
            assert variable not in function["Environment"]["Variables"]


def test_the_permissions_table_is_up_to_date(template: Template) -> None:
    assert section("permissions") == permissions(template), f"run `{COMMAND}`"
