"""A bucket is emptied of all versions, delete markers and unfinished uploads, page by page."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import Stubber

from operations.bucket import empty_bucket, unfinished_uploads
from operations.errors import UserError
from tests.unit.operations.conftest import FakeAws

BUCKET = "ours-uploads-1"
FIRST = {"Bucket": BUCKET, "Prefix": "", "EncodingType": "url", "KeyMarker": ""}


def uploads(s3: Stubber, *names: str) -> None:
    """One page of unfinished uploads, each written as key@id; the key URL-encoded."""
    found = [dict(zip(("Key", "UploadId"), name.split("@"), strict=True)) for name in names]
    response = {"Uploads": found, "EncodingType": "url"}
    s3.add_response("list_multipart_uploads", response, FIRST | {"UploadIdMarker": ""})


def versions(s3: Stubber, *names: str, markers: tuple[str, ...] = (), **more: Any) -> None:
    """One page of versions and delete markers, each written as key@version."""
    page: dict[str, Any] = {"Versions": identifiers(*names), **more.pop("page", {})}
    page["DeleteMarkers"] = identifiers(*markers)
    s3.add_response("list_object_versions", page, {"Bucket": BUCKET, **more})


def identifiers(*names: str) -> list[dict[str, str]]:
    return [dict(zip(("Key", "VersionId"), name.split("@"), strict=True)) for name in names]


def delete(s3: Stubber, *names: str, errors: Any = ()) -> None:
    request = {"Bucket": BUCKET, "Delete": {"Objects": identifiers(*names), "Quiet": True}}
    s3.add_response("delete_objects", {"Errors": list(errors)}, request)


def test_all_pages_are_deleted_until_nothing_is_found(aws: FakeAws) -> None:
    s3 = aws.stub("s3")
    uploads(s3, "c.jpg@u1")
    s3.add_response(
        "abort_multipart_upload", {}, {"Bucket": BUCKET, "Key": "c.jpg", "UploadId": "u1"}
    )
    more = {"IsTruncated": True, "NextKeyMarker": "a", "NextVersionIdMarker": "v2"}
    versions(s3, "a@v3", "a@v2", page=more)
    delete(s3, "a@v3", "a@v2")
    versions(s3, "b@v1", markers=("b@m1",), KeyMarker="a", VersionIdMarker="v2")
    delete(s3, "b@v1", "b@m1")
    uploads(s3)
    versions(s3, "late@v1")
    delete(s3, "late@v1")
    uploads(s3)
    versions(s3)

    assert list(empty_bucket(aws.client("s3"), BUCKET)) == [3, 5, 6, 6]


def test_a_key_that_xml_cannot_carry_is_deleted_by_itself(aws: FakeAws) -> None:
    s3 = aws.stub("s3")
    uploads(s3)
    versions(s3, "a@v1", "\x07@v2", "\ufffe\r@v3")
    for key, version in (("\x07", "v2"), ("\ufffe\r", "v3")):
        request = {"Bucket": BUCKET, "Key": key, "VersionId": version}
        s3.add_response("delete_object", {}, request)
    delete(s3, "a@v1")
    uploads(s3)
    versions(s3)

    assert list(empty_bucket(aws.client("s3"), BUCKET)) == [3, 3]


def test_what_s3_does_not_delete_is_one_line(aws: FakeAws) -> None:
    s3 = aws.stub("s3")
    uploads(s3)
    versions(s3, "a@v1")
    delete(s3, "a@v1", errors=[{"Key": "a", "Code": "AccessDenied", "Message": "Access Denied"}])

    with pytest.raises(UserError, match="S3 does not delete 'a': Access Denied"):
        list(empty_bucket(aws.client("s3"), BUCKET))


def test_keys_of_unfinished_uploads_are_decoded_on_every_page(aws: FakeAws) -> None:
    s3 = aws.stub("s3")
    page: dict[str, Any] = {"Uploads": [{"Key": "a+%07%2B", "UploadId": "u1"}]}
    page |= {"IsTruncated": True, "NextKeyMarker": "a+%07%2B", "NextUploadIdMarker": "u1"}
    page["EncodingType"] = "url"
    s3.add_response("list_multipart_uploads", page, FIRST | {"UploadIdMarker": ""})
    after = FIRST | {"KeyMarker": "a \x07+", "UploadIdMarker": "u1"}
    # As from a store that does not encode.
    raw = {"Uploads": [{"Key": "b+%07", "UploadId": "u2"}]}
    s3.add_response("list_multipart_uploads", raw, after)

    found = list(unfinished_uploads(aws.client("s3"), BUCKET))

    assert found == [("a \x07+", "u1"), ("b+%07", "u2")]
