"""The object versions that a manifest's lines name; S3 completes what a line does not say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from liveness.aws.errors import error_code
from operations.errors import UserError
from operations.manifest import Entry, Manifest
from operations.object_versions import NO_VERSION, Candidate, ObjectVersion, Omitted, omission
from operations.sources import Sources

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

# As many requests as a client of boto3 has connections.
_THREADS = 10
_CHUNK = 100
# S3's codes for a HEAD, whose response has no body: nothing there, a delete marker, a bad id.
_GONE = frozenset({"404", "405", "MethodNotAllowed"})
_BAD_REQUEST = "400"


@dataclass(frozen=True, slots=True)
class ManifestVersions:
    """Reads the entries of a manifest for one stack, those under any of these prefixes."""

    s3: S3Client
    manifest: Manifest
    sources: Sources
    prefixes: Collection[str]

    def read(self) -> Iterator[Candidate]:
        """Yield line by line, delete markers left out.

        HeadObject is called where the version id, the size or the time is missing. Raises UserError
        at a line that is broken, or whose bucket is no source of the stack.
        """
        entries = (each for each in self.manifest.entries() if not each.is_delete_marker)
        with ThreadPoolExecutor(_THREADS) as pool:
            for chunk in batched(entries, _CHUNK, strict=False):
                yield from pool.map(self._candidate, chunk)

    def _candidate(self, entry: Entry) -> Candidate:
        if entry.bucket not in self.sources.buckets:
            raise UserError(f"{entry.place}: {entry.bucket!r} is no source of this stack.")
        is_inside = entry.key.startswith(tuple(self.prefixes))
        if not (is_inside and self.sources.accepts(entry.bucket, entry.key)):
            return Omitted.OUTSIDE
        version_id = entry.version_id or NO_VERSION
        if version_id == NO_VERSION or entry.size is None or entry.last_modified is None:
            return self._head(entry)
        return omission(version_id, entry.storage_class, is_latest=False) or ObjectVersion(
            entry.bucket, entry.key, version_id, entry.etag, entry.size, entry.last_modified
        )

    def _head(self, entry: Entry) -> Candidate:
        """Read one version, or the latest where the line names none."""
        try:
            head = self._request(entry)
        except ClientError as error:
            if error_code(error) in _GONE:
                return Omitted.GONE
            if error_code(error) == _BAD_REQUEST:
                raise UserError(f"{entry.place}: S3 has no such version id.") from error
            raise
        version_id = head.get("VersionId", NO_VERSION)
        if entry.version_id == NO_VERSION != version_id:
            return Omitted.OVERWRITTEN
        return omission(version_id, head.get("StorageClass", ""), is_latest=True) or ObjectVersion(
            entry.bucket,
            entry.key,
            None if version_id == NO_VERSION else version_id,
            head["ETag"].strip('"'),
            head["ContentLength"],
            head["LastModified"],
        )

    def _request(self, entry: Entry) -> HeadObjectOutputTypeDef:
        if entry.version_id in (None, NO_VERSION):
            return self.s3.head_object(Bucket=entry.bucket, Key=entry.key)
        return self.s3.head_object(
            Bucket=entry.bucket, Key=entry.key, VersionId=entry.version_id or ""
        )
