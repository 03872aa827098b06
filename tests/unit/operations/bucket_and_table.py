"""Buckets and the table of a stack, in memory: what they store and what is requested of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest

from operations.erasure import StoredItem
from tests.unit.operations.conftest import OUTPUTS, FakeAws

BUCKET, TABLE = OUTPUTS["UploadBucketName"], OUTPUTS["VerdictsTableName"]
KEY = "selfies/1.jpg"
EMPTY: Mapping[str, Any] = MappingProxyType({})
OBJECT = f"s3://{BUCKET}/{KEY}"
ELSEWHERE = "s3://another-bucket/1.jpg"
PICTURE = StoredItem("picture version", OBJECT, "v1", "ann")
MARKER = StoredItem("delete marker", OBJECT, "m1")
ROW = StoredItem("row", OBJECT, "v1", "ann")


class StoredData:
    """Responses of S3 and DynamoDB, in the order of the requests; `bucket` is where S3's are of."""

    def __init__(self, aws: FakeAws) -> None:
        self.bucket = BUCKET
        self.s3, self.dynamodb = aws.stub("s3"), aws.stub("dynamodb")

    def versions(
        self, *versions: str, markers: Sequence[str] = (), key: str = KEY, **more: Any
    ) -> None:
        """One page of the versions of a key, each written as key@version."""
        self.s3.add_response(
            "list_object_versions",
            {
                "Versions": [_version(each) for each in versions],
                "DeleteMarkers": [_version(each) for each in markers],
                **more.pop("page", {}),
            },
            {"Bucket": self.bucket, "Prefix": key, **more},
        )

    def unfinished(
        self,
        *uploads: str,
        key: str = KEY,
        after: tuple[str, str] = ("", ""),
        page: Mapping[str, Any] = EMPTY,
    ) -> None:
        """One page of the unfinished uploads of a key, each written as key@id."""
        names = [dict(zip(("Key", "UploadId"), each.split("@"), strict=True)) for each in uploads]
        request = {"Bucket": self.bucket, "Prefix": key, "EncodingType": "url"}
        request |= dict(zip(("KeyMarker", "UploadIdMarker"), after, strict=True))
        self.s3.add_response("list_multipart_uploads", {"Uploads": names, **page}, request)

    def metadata(self, version: str, metadata: Mapping[str, str] | None) -> None:
        """The metadata of a version of KEY; None where it is gone."""
        request = {"Bucket": self.bucket, "Key": KEY, "VersionId": version}
        if metadata is None:
            self.s3.add_client_error("head_object", "404", expected_params=request)
        else:
            self.s3.add_response("head_object", {"Metadata": dict(metadata)}, request)

    def rows(self, name: str, *rows: tuple[str, str | None]) -> None:
        """The rows of an object: version and subject."""
        items = [
            {"version": {"S": version}} | ({"subject": {"S": subject}} if subject else {})
            for version, subject in rows
        ]
        self._query("object", name, {"Items": items}, ConsistentRead=True)

    def index(self, subject: str, *objects: str, **page: Any) -> None:
        """One page of a person's objects."""
        after = page.pop("after", {})
        items = [{"object": {"S": name}} for name in objects]
        self._query("subject", subject, {"Items": items, **page}, IndexName="by_subject", **after)

    def _query(self, key: str, value: str, page: Mapping[str, Any], **options: Any) -> None:
        self.dynamodb.add_response(
            "query",
            dict(page),
            {
                "TableName": TABLE,
                "KeyConditionExpression": "#key = :value",
                "ExpressionAttributeNames": {"#key": key},
                "ExpressionAttributeValues": {":value": {"S": value}},
                **options,
            },
        )


def _version(text: str) -> dict[str, str]:
    key, _, version = text.rpartition("@")
    return {"Key": key, "VersionId": version}


@pytest.fixture
def stored(aws: FakeAws) -> StoredData:
    return StoredData(aws)
