"""Which uploads a stack processes, by its outputs and parameters."""

from __future__ import annotations

import boto3
import pytest

from operations.sources import Sources, sources_of
from operations.stack import Stack

BOTH = Sources("own", ("archive", "imports"), ("selfies/", "faces/"))


@pytest.mark.parametrize(
    ("bucket", "key"),
    [("own", "any/key.jpg"), ("archive", "selfies/a.jpg"), ("imports", "faces/a.jpg")],
)
def test_uploads_of_its_buckets_and_prefixes_are_accepted(bucket: str, key: str) -> None:
    assert BOTH.accepts(bucket, key)


@pytest.mark.parametrize(
    ("bucket", "key"), [("other", "selfies/a.jpg"), ("archive", "old/selfies/a.jpg")]
)
def test_other_buckets_and_prefixes_are_not(bucket: str, key: str) -> None:
    assert not BOTH.accepts(bucket, key)


def test_without_prefixes_every_key_of_a_source_bucket_is_accepted() -> None:
    assert Sources(None, ("archive",)).accepts("archive", "any/key.jpg")


def test_they_are_read_from_outputs_and_parameters() -> None:
    parameters = {"SourceBuckets": "archive,imports", "KeyPrefixes": "selfies/,faces/"}
    described = [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]
    outputs = {"UploadBucketName": "own"}
    stack = Stack(boto3.Session(), "stack", outputs, {"Parameters": described})

    assert sources_of(stack) == BOTH
    assert BOTH.buckets == ("own", "archive", "imports")


def test_a_stack_without_parameters_has_its_own_bucket_only() -> None:
    assert sources_of(Stack(boto3.Session(), "stack", {"UploadBucketName": "own"})) == Sources(
        "own"
    )
