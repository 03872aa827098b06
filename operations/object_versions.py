"""The versions of a bucket's objects that a backfill may send, as S3 lists them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from liveness.models import ETAG_PREFIX
from operations.errors import UserError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectVersionTypeDef

# The id of a version that was stored while the bucket kept none.
NO_VERSION = "null"
# Objects of these classes cannot be read before somebody restores them.
_ARCHIVES = frozenset({"GLACIER", "DEEP_ARCHIVE"})


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of one object; `version_id` is None where the bucket keeps no versions.

    `etag` has no quotes, and may be empty where there is a version id. `size` is in bytes.
    """

    bucket: str
    key: str
    version_id: str | None
    etag: str
    size: int
    last_modified: datetime

    @property
    def row_key(self) -> tuple[str, str]:
        """`object` and `version` of its row in the verdicts table (liveness.events)."""
        return f"s3://{self.bucket}/{self.key}", self.version_id or ETAG_PREFIX + self.etag


class Omitted(StrEnum):
    """Why a version is not sent: the function could not read it, or refuses it."""

    GONE = "gone since the manifest was written"
    OVERWRITTEN = "overwritten, and without a version id"
    ARCHIVED = "archived"
    OUTSIDE = "outside of the prefixes"


type Candidate = ObjectVersion | Omitted


def list_versions(s3: S3Client, bucket: str, prefixes: Collection[str]) -> Iterator[Candidate]:
    """Yield all versions under prefixes, page by page, delete markers left out.

    botocore requests the keys URL-encoded, because XML cannot carry each of them, and decodes them.
    Raises UserError where there is no such bucket.
    """
    paginator = s3.get_paginator("list_object_versions")
    try:
        for prefix in _disjoint(prefixes):
            for page in paginator.paginate(Bucket=bucket, Prefix=prefix):
                for found in page.get("Versions", []):
                    yield _candidate(bucket, found)
    except s3.exceptions.NoSuchBucket as error:
        raise UserError(f"There is no bucket {bucket!r} in this account and region.") from error


def omission(version_id: str, storage_class: str, *, is_latest: bool) -> Omitted | None:
    """Why the function could not read a version; None where it can.

    It finds a version without an id by its key and ETag, which reads the latest one.
    """
    if storage_class in _ARCHIVES:
        return Omitted.ARCHIVED
    return Omitted.OVERWRITTEN if version_id == NO_VERSION and not is_latest else None


def _candidate(bucket: str, found: ObjectVersionTypeDef) -> Candidate:
    version_id = found.get("VersionId", NO_VERSION)
    is_latest = found.get("IsLatest", True)
    return omission(version_id, found.get("StorageClass", ""), is_latest=is_latest) or (
        ObjectVersion(
            bucket,
            found["Key"],
            None if version_id == NO_VERSION else version_id,
            found["ETag"].strip('"'),
            found["Size"],
            found["LastModified"],
        )
    )


def _disjoint(prefixes: Collection[str]) -> Sequence[str]:
    """Leave out prefixes that begin with another one, whose keys would be listed twice."""
    return [
        prefix
        for prefix in dict.fromkeys(prefixes)
        if not any(prefix != other and prefix.startswith(other) for other in prefixes)
    ]
