"""The presigned POST: its policy leaves nothing to the phone."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config

from liveness.aws.operations import OPERATIONS
from upload_api.pictures import S3Pictures
from upload_api.uploads import Person, UploadRequest

MINUTE = timedelta(minutes=1)
ANN = Person("ann", "a" * 32)
KEY = f"selfies/{ANN.hash}/u-1"


@pytest.fixture
def pictures() -> S3Pictures:
    s3 = boto3.client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
        config=Config(signature_version="s3v4"),
    )
    return S3Pictures(s3, "a-bucket")


def conditions(fields: dict[str, str]) -> list[Any]:
    policy: dict[str, Any] = json.loads(base64.b64decode(fields["policy"]))
    return list(policy["conditions"])


def test_the_policy_fixes_key_type_size_and_subject(pictures: S3Pictures) -> None:
    form = pictures.form(ANN, KEY, UploadRequest("u-1", "image/png", "consent-7"), MINUTE)

    fixed = conditions(form.fields)
    for condition in (
        {"bucket": "a-bucket"},
        {"key": KEY},
        {"Content-Type": "image/png"},
        {"x-amz-meta-subject": "ann"},
        {"x-amz-meta-consent-id": "consent-7"},
        ["content-length-range", 1, 3_750_000],
    ):
        assert condition in fixed


def test_every_field_of_the_form_is_in_its_policy(pictures: S3Pictures) -> None:
    form = pictures.form(ANN, KEY, UploadRequest("u-1", "image/jpeg"), MINUTE)

    fixed = {name for each in conditions(form.fields) if isinstance(each, dict) for name in each}
    assert set(form.fields) - fixed == {"policy", "x-amz-signature"}
    assert "x-amz-meta-consent-id" not in form.fields


def test_boto3_presigns_a_post_by_an_operation_that_the_layer_keeps() -> None:
    # botocore.signers.generate_presigned_post asks for the model of CreateBucket.
    assert "CreateBucket" in OPERATIONS["s3"]
