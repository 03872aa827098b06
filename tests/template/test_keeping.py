"""How what is kept of an upload is encrypted, how long it stays, and what outlives the stack."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.resolved import PROTECTED, resolved
from tests.template.transformed import Template

OWN_KEY = PROTECTED["KmsKeyArn"]

# Where each kind of store says with which key it encrypts.
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
# Kinds that keep nothing of an upload.
KEEPS_NOTHING = {
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
}


def test_every_kind_of_resource_is_known_to_keep_something_or_nothing(template: Template) -> None:
    kinds = {resource["Type"] for resource in template.body["Resources"].values()}

    assert kinds <= set(KEYS) | KEEPS_NOTHING


@pytest.mark.parametrize("kind", KEYS)
def test_with_a_key_of_ones_own_every_store_is_encrypted_with_it(
    template: Template, kind: str
) -> None:
    stores = list(resolved(template, PROTECTED).resources(kind))

    assert stores
    for name, properties in stores:
        value: Any = properties
        for step in KEYS[kind]:
            value = value[step]
        assert value == OWN_KEY, name


def test_without_one_every_store_is_encrypted_with_a_key_of_awss(template: Template) -> None:
    defaults = resolved(template)
    ((_, bucket),) = defaults.resources("AWS::S3::Bucket")
    ((_, table),) = defaults.resources("AWS::DynamoDB::Table")
    ((_, topic),) = defaults.resources("AWS::SNS::Topic")

    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert topic["KmsMasterKeyId"] == "alias/aws/sns"
    for _, queue in defaults.resources("AWS::SQS::Queue"):
        assert queue["SqsManagedSseEnabled"] is True
    # Secrets Manager and CloudWatch Logs encrypt whatever they keep.


def test_the_key_is_used_through_the_services_that_keep_something_only(
    template: Template,
) -> None:
    held = dict(resolved(template, PROTECTED).policies())

    (statement,) = held["use-the-key-through-these-services"]
    assert statement["Resource"] == OWN_KEY
    services = {
        service["Fn::Sub"].partition(".")[0]
        for service in statement["Condition"]["StringEquals"]["kms:ViaService"]
    }
    assert services == {"s3", "dynamodb", "sns", "sqs", "secretsmanager"}
    assert "use-the-key-through-these-services" not in dict(resolved(template).policies())


def test_a_picture_may_be_deleted_only_where_that_is_asked_for(template: Template) -> None:
    assert "erase-the-picture" not in dict(resolved(template).policies())
    for erase in ("live", "always"):
        erasing = resolved(template, {"EraseAfterVerdict": erase})
        (statement,) = dict(erasing.policies())["erase-the-picture"]
        assert statement["Action"] == "s3:DeleteObjectVersion"


@pytest.mark.parametrize("days", ["1", "30"])
def test_pictures_expire_with_their_old_versions_unfinished_parts_and_markers(
    template: Template, days: str
) -> None:
    ((_, bucket),) = resolved(template, {"SelfieRetentionDays": days}).resources("AWS::S3::Bucket")
    expire, markers = bucket["LifecycleConfiguration"]["Rules"]

    assert expire["Status"] == markers["Status"] == "Enabled"
    assert expire["ExpirationInDays"] == days
    # What expires becomes an old version first, and would stay that many days once more.
    assert expire["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert expire["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": days}
    assert markers["ExpiredObjectDeleteMarker"] is True
    assert "Prefix" not in expire
    assert template.body["Parameters"]["SelfieRetentionDays"]["Default"] == 1


def test_verdicts_outlive_the_stack_and_pictures_do_not(template: Template) -> None:
    for name, resource in template.body["Resources"].items():
        policies = [resource.get(each) for each in ("DeletionPolicy", "UpdateReplacePolicy")]
        match resource["Type"]:
            case "AWS::DynamoDB::Table":
                assert policies == ["Retain", "Retain"]
            case "AWS::S3::Bucket":
                assert policies == ["Delete", "Delete"]
            case _:
                assert "Snapshot" not in policies, name


def test_rows_can_be_had_back_and_the_table_be_protected(template: Template) -> None:
    for parameter, protected in (("off", False), ("on", True)):
        shown = resolved(template, {"TableDeletionProtection": parameter})
        ((_, table),) = shown.resources("AWS::DynamoDB::Table")

        assert table["DeletionProtectionEnabled"] is protected
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_who_reads_pictures_is_logged_where_a_bucket_for_that_is_named(template: Template) -> None:
    ((_, quiet),) = resolved(template).resources("AWS::S3::Bucket")
    ((_, logged),) = resolved(template, PROTECTED).resources("AWS::S3::Bucket")

    assert "LoggingConfiguration" not in quiet
    assert logged["LoggingConfiguration"]["DestinationBucketName"] == "access-logs"
