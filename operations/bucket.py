"""A bucket's versions and unfinished uploads: listed, and all of them deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from operations.errors import UserError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef


def unfinished_uploads(s3: S3Client, bucket: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield key and id of the unfinished multipart uploads, by key.

    Without botocore's paginator, which would go on after a key that is still URL-encoded.
    """
    after_key, after_id = "", ""
    while True:
        page = s3.list_multipart_uploads(
            Bucket=bucket,
            Prefix=prefix,
            # XML cannot carry every key that S3 accepts.
            EncodingType="url",
            KeyMarker=after_key,
            UploadIdMarker=after_id,
        )
        decode = unquote_plus if page.get("EncodingType") == "url" else str
        for upload in page.get("Uploads", []):
            yield decode(upload["Key"]), upload["UploadId"]
        if not page.get("IsTruncated"):
            return
        after_key, after_id = decode(page["NextKeyMarker"]), page["NextUploadIdMarker"]


def empty_bucket(s3: S3Client, bucket: str) -> Iterator[int]:
    """Delete everything and yield how many items are gone, page by page, until none is found.

    Items are versions, delete markers and unfinished uploads.
    """
    deleted, before = 0, -1
    while deleted > before:
        before = deleted
        for key, upload_id in unfinished_uploads(s3, bucket):
            s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
            deleted += 1
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            _delete(s3, bucket, [{"Key": i["Key"], "VersionId": i["VersionId"]} for i in found])
            deleted += len(found)
            yield deleted


def _delete(s3: S3Client, bucket: str, items: Sequence[ObjectIdentifierTypeDef]) -> None:
    """Delete a page of at most a thousand in one request, but for keys that XML cannot carry."""
    batch = [item for item in items if item["Key"].isprintable()]
    for item in items:
        if item not in batch:
            s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item.get("VersionId", ""))
    if batch:
        response = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        for error in response.get("Errors", []):
            raise UserError(f"S3 does not delete {error['Key']!r}: {error['Message']}.")
