"""Uploads in S3: their first bytes, their metadata, and addresses to read them from."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from liveness.aws.faults import error_code, faults_of
from liveness.aws.presigning import Presigner
from liveness.errors import PictureUnfit
from liveness.model import Upload
from liveness.picture import FIRST_BYTES
from liveness.ports import StoredPicture

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

FURTHER_BYTES = 16 * 1024

_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "PreconditionFailed"})
_NOTHING_TO_RANGE_OVER = "InvalidRange"


@dataclass(frozen=True, slots=True)
class S3Pictures:
    """Uploads in S3; every read is pinned to the version that the event told of."""

    s3: S3Client
    presigner: Presigner

    def look(self, upload: Upload) -> StoredPicture:
        """Fetch the first 64 KiB and the metadata in one request.

        Raises PictureUnfit where that version is gone, StorageFault where S3 fails.
        """
        with faults_of("s3"):
            found = self._first_bytes(upload)
            head = found["Body"].read()
        size = int(found.get("ContentRange", f"/{len(head)}").rpartition("/")[2])
        return StoredPicture(
            size=size,
            subject=found["Metadata"].get("subject") or None,
            content=io.BufferedReader(
                RangedReader(head, size, lambda start, end: self._range(upload, start, end)),
                buffer_size=FURTHER_BYTES,
            ),
        )

    def address(self, upload: Upload) -> str:
        """Presign a SigV4 GET of that version. The address is a credential."""
        with faults_of("s3"):
            return self.presigner.address(upload.bucket, upload.key, upload.version_id)

    def read(self, upload: Upload) -> bytes:
        """Fetch the whole picture."""
        with faults_of("s3"):
            return self._get(upload)["Body"].read()

    def erase(self, upload: Upload) -> None:
        """Delete that version.

        An upload without one is left to expire: its name may hold another picture by now.
        """
        if upload.version_id is not None:
            with faults_of("s3"):
                self.s3.delete_object(
                    Bucket=upload.bucket, Key=upload.key, VersionId=upload.version_id
                )

    def _first_bytes(self, upload: Upload) -> GetObjectOutputTypeDef:
        try:
            return self._get(upload, Range=f"bytes=0-{FIRST_BYTES - 1}")
        except ClientError as error:
            if error_code(error) in _GONE:
                raise PictureUnfit(
                    "picture_gone",
                    "The picture was removed before it could be checked. Please take another.",
                ) from error
            if error_code(error) == _NOTHING_TO_RANGE_OVER:
                return self._get(upload)
            raise

    def _range(self, upload: Upload, start: int, end: int) -> bytes:
        with faults_of("s3"):
            return self._get(upload, Range=f"bytes={start}-{end - 1}")["Body"].read()

    def _get(self, upload: Upload, **wanted: str) -> GetObjectOutputTypeDef:
        if upload.version_id is None:
            wanted["IfMatch"] = upload.version.removeprefix("etag:")
        return self.s3.get_object(**_names(upload), **wanted)  # type: ignore[arg-type]  # keys vary


def _names(upload: Upload) -> dict[str, str]:
    names = {"Bucket": upload.bucket, "Key": upload.key}
    return names | {"VersionId": upload.version_id} if upload.version_id else names


class RangedReader(io.RawIOBase):
    """A seekable reader that holds the first bytes and fetches any others when they are read."""

    def __init__(self, head: bytes, size: int, fetch: Callable[[int, int], bytes]) -> None:
        self._head = head
        self._size = size
        self._fetch = fetch
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        start = self._position
        wanted = min(start + memoryview(buffer).nbytes, self._size)
        if start >= wanted:
            return 0
        held = self._head[start:wanted]
        read = held or self._fetch(start, wanted)
        memoryview(buffer).cast("B")[: len(read)] = read
        self._position = start + len(read)
        return len(read)
