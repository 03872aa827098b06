"""Encryption and retention of what is stored of an upload, and what survives the stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.template.resolved import PROTECTED, UPLOAD_API, resolved
from tests.template.transformed import Template

CUSTOMER_KEY = PROTECTED["KmsKeyArn"]
FUNCTION_ROLE, API_ROLE = "CheckLivenessRole", "UploadApiRole"
# Through which services each role may use the key, by policy.
USES_OF_THE_KEY = {
    FUNCTION_ROLE: {
        "use-kms-key": {"s3", "sns", "sqs", "secretsmanager"},
        "use-kms-key-of-table": {"dynamodb"},
    },
    API_ROLE: {
        "use-kms-key": {"s3", "secretsmanager"},
        "use-kms-key-of-table": {"dynamodb"},
    },
}
# Through which it may decrypt with a former key: what stays under it. The API reads no picture.
USES_OF_A_FORMER_KEY = {
    FUNCTION_ROLE: {"s3", "dynamodb", "sqs", "secretsmanager"},
    API_ROLE: {"dynamodb", "secretsmanager"},
}

# The path to the key in the properties of each type of store.
KEYS = {
    "AWS::S3::Bucket": (
        "BucketEncryption",
        "ServerSideEncryptionConfiguration",
        0,
        "ServerSideEncryptionByDefault",
        "KMSMasterKeyID",
    ),
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
}
# Types that store nothing of an upload.
STORES_NOTHING = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::SSM::Parameter",
}


def test_every_resource_type_is_classified_as_a_store_or_not(template: Template) -> None:
    types = {resource["Type"] for resource in template.body["Resources"].values()}

    assert types <= set(KEYS) | STORES_NOTHING


@pytest.mark.parametrize("kind", KEYS)
def test_a_customer_managed_key_encrypts_every_store(template: Template, kind: str) -> None:
    stores = list(resolved(template, PROTECTED).resources(kind))

    assert stores
    for name, properties in stores:
        value: Any = properties
        for key in KEYS[kind]:
            value = value[key]
        assert value == CUSTOMER_KEY, name


def test_without_a_customer_managed_key_aws_managed_keys_encrypt_every_store(
    template: Template,
) -> None:
    defaults = resolved(template, UPLOAD_API)
    ((_, bucket),) = defaults.resources("AWS::S3::Bucket")
    tables = [table for _, table in defaults.resources("AWS::DynamoDB::Table")]
    ((_, topic),) = defaults.resources("AWS::SNS::Topic")

    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert len(tables) == 3
    for table in tables:
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert topic["KmsMasterKeyId"] == "alias/aws/sns"
    for _, queue in defaults.resources("AWS::SQS::Queue"):
        assert queue["SqsManagedSseEnabled"] is True
    # Secrets Manager and CloudWatch Logs always encrypt.


@pytest.mark.parametrize("role", USES_OF_THE_KEY)
def test_the_key_may_be_used_only_through_the_services_that_store_data(
    template: Template, role: str
) -> None:
    of_statements = {
        name: services(statement)
        for name, (statement, *_) in resolved(template, PROTECTED).policies(role)
        if statement["Resource"] == CUSTOMER_KEY
    }

    assert of_statements == USES_OF_THE_KEY[role]
    assert not set(of_statements) & set(dict(resolved(template, UPLOAD_API).policies(role)))


def services(statement: Mapping[str, Any]) -> set[str]:
    """The services through which a key may be used, each under the domains of all partitions."""
    names = [name["Fn::Sub"] for name in statement["Condition"]["StringEquals"]["kms:ViaService"]]
    found = {name.partition(".")[0] for name in names}
    for service in found:
        host = f"{service}.${{AWS::Region}}.amazonaws.com"
        assert {host, f"{host}.cn"} <= set(names)
    return found


@pytest.mark.parametrize("role", USES_OF_THE_KEY)
def test_a_role_may_use_the_key_as_dynamodb_documents(template: Template, role: str) -> None:
    (statement,) = dict(resolved(template, PROTECTED).policies(role))["use-kms-key-of-table"]

    # kms:CreateGrant is for whoever gives the table its key.
    assert set(statement["Action"]) == {
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    }


@pytest.mark.parametrize("role", USES_OF_A_FORMER_KEY)
@pytest.mark.parametrize("key", [CUSTOMER_KEY, ""], ids=["changed", "emptied"])
def test_former_keys_decrypt_what_they_encrypted_and_encrypt_nothing(
    template: Template, key: str, role: str
) -> None:
    former = "arn:aws:kms:us-east-1:123456789012:key/former"
    changed = resolved(template, {**UPLOAD_API, "KmsKeyArn": key, "FormerKmsKeyArns": former})
    unchanged = resolved(template, UPLOAD_API)
    (statement,) = dict(changed.policies(role))["decrypt-with-former-kms-keys"]

    assert statement["Action"] == "kms:Decrypt"
    assert statement["Resource"] == [former]
    assert services(statement) == USES_OF_A_FORMER_KEY[role]
    assert "decrypt-with-former-kms-keys" not in dict(unchanged.policies(role))
    assert template.body["Parameters"]["FormerKmsKeyArns"]["Type"] == "CommaDelimitedList"


def test_the_function_may_delete_images_only_where_it_is_configured_to(template: Template) -> None:
    assert "erase-image" not in dict(resolved(template).policies(FUNCTION_ROLE))
    for erase in ("live", "always"):
        erasing = resolved(template, {"EraseAfterVerdict": erase})
        (statement,) = dict(erasing.policies(FUNCTION_ROLE))["erase-image"]
        assert statement["Action"] == "s3:DeleteObjectVersion"


@pytest.mark.parametrize("days", ["1", "30"])
def test_images_expire_with_noncurrent_versions_unfinished_uploads_and_delete_markers(
    template: Template, days: str
) -> None:
    ((_, bucket),) = resolved(template, {"SelfieRetentionDays": days}).resources("AWS::S3::Bucket")
    expire, markers = bucket["LifecycleConfiguration"]["Rules"]

    assert expire["Status"] == markers["Status"] == "Enabled"
    assert expire["ExpirationInDays"] == days
    # An expired object becomes a noncurrent version first, which needs a rule of its own.
    assert expire["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert expire["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": days}
    assert markers["ExpiredObjectDeleteMarker"] is True
    assert "Prefix" not in expire
    assert template.body["Parameters"]["SelfieRetentionDays"]["Default"] == 1


def test_a_verdict_outlasts_its_messages_in_both_queues_and_after_a_replay(
    template: Template,
) -> None:
    queues = dict(template.resources("AWS::SQS::Queue"))
    retry, failed = (
        queues[name]["MessageRetentionPeriod"] / 86400 for name in ("RetryQueue", "FailedUploads")
    )
    days = template.body["Parameters"]["VerdictRetentionDays"]

    assert (retry, failed) == (14, 14)
    # Otherwise a late message finds no verdict, and its image is paid for again.
    assert days["MinValue"] > retry + failed + retry
    assert days["Default"] >= days["MinValue"]


def test_only_verdicts_survive_the_stack(template: Template) -> None:
    for name, resource in template.body["Resources"].items():
        policies = [resource.get(each) for each in ("DeletionPolicy", "UpdateReplacePolicy")]
        match resource["Type"]:
            case "AWS::DynamoDB::Table" if name == "VerdictsTable":
                # A first deploy that fails leaves no table behind.
                assert policies == ["RetainExceptOnCreate", "Retain"]
            # Images; attempts, and answers of a day.
            case "AWS::S3::Bucket" | "AWS::DynamoDB::Table":
                assert policies == ["Delete", "Delete"]
            case _:
                assert "Snapshot" not in policies, name


def test_the_table_has_point_in_time_recovery_and_optional_deletion_protection(
    template: Template,
) -> None:
    for parameter, protected in (("off", False), ("on", True)):
        rendering = resolved(template, {"TableDeletionProtection": parameter})
        ((_, table),) = rendering.resources("AWS::DynamoDB::Table")

        assert table["DeletionProtectionEnabled"] is protected
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_bucket_logs_access_where_a_bucket_for_the_logs_is_given(template: Template) -> None:
    ((_, unlogged),) = resolved(template).resources("AWS::S3::Bucket")
    ((_, logged),) = resolved(template, PROTECTED).resources("AWS::S3::Bucket")

    assert "LoggingConfiguration" not in unlogged
    assert logged["LoggingConfiguration"]["DestinationBucketName"] == "access-logs"
