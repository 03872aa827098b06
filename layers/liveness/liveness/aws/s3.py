"""Uploads in S3: their first bytes, their metadata, and presigned URLs to read them from."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from liveness.aws.errors import aws_errors, error_code
from liveness.errors import ImageRejectedError, ObjectNotFoundError
from liveness.image_rules import FIRST_BYTES
from liveness.models import ETAG_PREFIX, ImageHead, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

# The service downloads within seconds; a URL that lives longer is only risk.
URL_LIFETIME = timedelta(minutes=5)

_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "PreconditionFailed"})
_EMPTY_OBJECT = "InvalidRange"
# The response to a HEAD has no body that could name a code.
_NO_SUCH_ETAG = frozenset({"404", "412"})
# Of a delete marker, and of a version id that is none, S3 says so by another status.
_NO_SUCH_VERSION = frozenset({"400", "404", "405"})
# The version id that S3 gives an object while versioning is suspended.
_NO_VERSION = "null"
# S3's own limit of tags of an object.
_MAX_TAGS = 10


@dataclass(frozen=True, slots=True)
class S3Images:
    """Uploads in S3; every read is pinned to the version of the upload."""

    s3: S3Client

    def identify(self, upload: Upload) -> Upload:
        """Name the version of the object that has the ETag, where the event names none.

        So one object version has one id, whatever events describe it. In a bucket without versions
        the ETag remains. Raises ObjectNotFoundError, else AwsServiceError.
        """
        if upload.version_id is not None:
            return upload
        with aws_errors("s3"):
            try:
                answer = self.s3.head_object(
                    Bucket=upload.bucket, Key=upload.key, IfMatch=upload.etag
                )
            except ClientError as error:
                if error_code(error) in _NO_SUCH_ETAG:
                    raise ObjectNotFoundError("no object has the ETag of the event") from error
                raise
        version = answer.get("VersionId", _NO_VERSION)
        return upload if version == _NO_VERSION else replace(upload, version=version)

    def find(self, bucket: str, key: str, version_id: str | None) -> Upload:
        """Describe an object version as S3's event does; without an id, the current version.

        Raises ObjectNotFoundError, else AwsServiceError.
        """
        version_of: dict[str, Any] = {"VersionId": version_id} if version_id else {}
        with aws_errors("s3"):
            try:
                answer = self.s3.head_object(Bucket=bucket, Key=key, **version_of)
            except ClientError as error:
                if error_code(error) in _NO_SUCH_VERSION:
                    raise ObjectNotFoundError("no object has that key and version") from error
                raise
        version = answer.get("VersionId", _NO_VERSION)
        if version == _NO_VERSION:
            version = ETAG_PREFIX + answer["ETag"].strip('"')
        return Upload(bucket, key, version, answer["LastModified"], answer["ContentLength"])

    def read_head(self, upload: Upload) -> ImageHead:
        """Fetch the first 64 KiB and the metadata in one request.

        Raises ImageRejectedError where that version is gone, else AwsServiceError.
        """
        with aws_errors("s3"):
            answer = self._first_bytes(upload)
            head = answer["Body"].read()
        size = int(answer.get("ContentRange", f"/{len(head)}").rpartition("/")[2])

        def read(start: int, end: int) -> bytes:
            with aws_errors("s3"):
                byte_range = f"bytes={start}-{end - 1}"
                return head[start:end] or self._get(upload, Range=byte_range)["Body"].read()

        metadata = answer["Metadata"]
        return ImageHead(
            size, metadata_text(metadata, "subject"), read, metadata_text(metadata, "consent-id")
        )

    def presign(self, upload: Upload) -> str:
        """Presign a SigV4 GET of that version. The URL is a credential."""
        with aws_errors("s3"):
            return self.s3.generate_presigned_url(
                "get_object",
                Params=_object_version(upload),
                ExpiresIn=int(URL_LIFETIME.total_seconds()),
            )

    def read(self, upload: Upload) -> bytes:
        """Fetch the whole image."""
        with aws_errors("s3"):
            return self._get(upload)["Body"].read()

    def erase(self, upload: Upload) -> None:
        """Delete that version permanently.

        An upload without one is left to expire: its key may hold another image by now.
        """
        if upload.version_id is not None:
            with aws_errors("s3"):
                self.s3.delete_object(
                    Bucket=upload.bucket, Key=upload.key, VersionId=upload.version_id
                )

    def tag(self, upload: Upload, tags: Mapping[str, str]) -> bool:
        """Set tags of that version beside those that it has; False where that is impossible.

        So it is where the version is gone, where it would have more than ten tags, and in a bucket
        without versions, where the tags could become those of a later image.
        """
        if upload.version_id is None:
            return False
        version = _object_version(upload)
        with aws_errors("s3"):
            try:
                tag_set = self.s3.get_object_tagging(**version)["TagSet"]  # type: ignore[arg-type]  # keys vary
                before = {tag["Key"]: tag["Value"] for tag in tag_set}
                after = {**before, **tags}
                if len(after) > _MAX_TAGS:
                    return False
                if after != before:
                    self.s3.put_object_tagging(
                        **version,  # type: ignore[arg-type]  # keys vary
                        Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in after.items()]},
                    )
            except ClientError as error:
                if error_code(error) in _GONE:
                    return False
                raise
        return True

    def _first_bytes(self, upload: Upload) -> GetObjectOutputTypeDef:
        try:
            return self._get(upload, Range=f"bytes=0-{FIRST_BYTES - 1}")
        except ClientError as error:
            if error_code(error) in _GONE:
                raise ImageRejectedError(
                    "picture_gone",
                    "The picture was removed before it could be checked. Please take another.",
                ) from error
            if error_code(error) == _EMPTY_OBJECT:
                return self._get(upload)
            raise

    def _get(self, upload: Upload, **options: str) -> GetObjectOutputTypeDef:
        if upload.version_id is None:
            options["IfMatch"] = upload.etag
        return self.s3.get_object(**_object_version(upload), **options)  # type: ignore[arg-type]  # keys vary


def metadata_text(metadata: Mapping[str, str], name: str) -> str | None:
    """The user metadata `name` as the app sent it, or None where it is absent or empty.

    S3 returns text that is not ASCII as RFC 2047, of the UTF-8 that it reads as Latin-1
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html).
    """
    text = metadata.get(name, "")
    if text.isascii() and "=?" not in text:
        return text or None
    with suppress(HeaderParseError, LookupError, UnicodeError):
        decoded = str(make_header(decode_header(text)))
        # Some charsets decode to what no UTF-8 can hold; then the text stays as it is.
        decoded.encode()
        text = decoded
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode()
    return text or None


def _object_version(upload: Upload) -> dict[str, str]:
    names = {"Bucket": upload.bucket, "Key": upload.key}
    return names | {"VersionId": upload.version_id} if upload.version_id else names
