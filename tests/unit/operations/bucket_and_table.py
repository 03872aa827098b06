"""A bucket and a table without a network: botocore's stub checks requests against AWS's models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.stub import Stubber

from operations.traces import Store, Trace

BUCKET, TABLE = "ours-uploads-1", "ours-verdicts"
KEY = "selfies/1.jpg"
OBJECT = f"s3://{BUCKET}/{KEY}"
ELSEWHERE = "s3://somebody-elses/1.jpg"
PICTURE = Trace("picture version", OBJECT, "v1", "ann")
MARKER = Trace("delete marker", OBJECT, "m1")
ROW = Trace("row", OBJECT, "v1", "ann")


@cache
def client(service: Any) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="made-up",
        aws_secret_access_key="made-up",
    )


class Aws:
    """What S3 and DynamoDB answer, in this order; botocore checks each request by its model."""

    def __init__(self, s3: Any, dynamodb: Any) -> None:
        self.s3, self.dynamodb = Stubber(s3), Stubber(dynamodb)

    def lists(self, *versions: str, markers: Sequence[str] = (), **more: Any) -> None:
        """Answer one page of the versions of KEY, each key written as key@version."""
        self.s3.add_response(
            "list_object_versions",
            {
                "Versions": [_version(each) for each in versions],
                "DeleteMarkers": [_version(each) for each in markers],
                **more.pop("page", {}),
            },
            {"Bucket": BUCKET, "Prefix": KEY, **more},
        )

    def heads(self, version: str, metadata: Mapping[str, str] | None) -> None:
        asked = {"Bucket": BUCKET, "Key": KEY, "VersionId": version}
        if metadata is None:
            self.s3.add_client_error("head_object", "404", expected_params=asked)
        else:
            self.s3.add_response("head_object", {"Metadata": dict(metadata)}, asked)

    def rows(self, name: str, *rows: tuple[str, str | None]) -> None:
        """Answer with the rows of an object: version and subject."""
        items = [
            {"version": {"S": version}} | ({"subject": {"S": subject}} if subject else {})
            for version, subject in rows
        ]
        self.dynamodb.add_response(
            "query",
            {"Items": items},
            {
                "TableName": TABLE,
                "KeyConditionExpression": "#object = :object",
                "ExpressionAttributeNames": {"#object": "object"},
                "ExpressionAttributeValues": {":object": {"S": name}},
                "ConsistentRead": True,
            },
        )

    def index(self, subject: str, *objects: str, **page: Any) -> None:
        after = page.pop("after", {})
        self.dynamodb.add_response(
            "query",
            {"Items": [{"object": {"S": name}} for name in objects], **page},
            {
                "TableName": TABLE,
                "IndexName": "by_subject",
                "KeyConditionExpression": "subject = :subject",
                "ExpressionAttributeValues": {":subject": {"S": subject}},
                **after,
            },
        )


def _version(told: str) -> dict[str, str]:
    key, version = told.split("@")
    return {"Key": key, "VersionId": version}


@contextmanager
def answering() -> Iterator[tuple[Aws, Store]]:
    """The two, and a store of them; who asks less than what is to be answered fails."""
    s3, dynamodb = client("s3"), client("dynamodb")
    answers = Aws(s3, dynamodb)
    with answers.s3, answers.dynamodb:
        yield answers, Store(s3, dynamodb, BUCKET, TABLE)
        answers.s3.assert_no_pending_responses()
        answers.dynamodb.assert_no_pending_responses()
