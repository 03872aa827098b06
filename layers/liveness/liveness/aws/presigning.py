"""Presigned addresses of objects, each made like the first that botocore made of its bucket.

botocore would walk through all of a request's events for each, which costs twice the signature.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The service downloads within seconds; a longer-lived address is only risk.
VALID_FOR = timedelta(minutes=5)


class Presigner:
    """Presigns SigV4 GETs, good for minutes, with botocore's own signer."""

    def __init__(self, s3: S3Client, credentials: Credentials | None) -> None:
        self._s3 = s3
        self._credentials = credentials
        self._buckets: dict[str, str] = {}

    def address(self, bucket: str, key: str, version_id: str | None) -> str:
        """Sign an address of that very version. It is a credential. Raises what botocore does."""
        version = f"?versionId={quote(version_id, safe='')}" if version_id else ""
        request = AWSRequest("GET", f"{self._bucket(bucket)}{quote(key, safe='/')}{version}")
        if self._credentials is None:
            raise NoCredentialsError
        credentials = self._credentials.get_frozen_credentials()
        region, seconds = self._s3.meta.region_name, int(VALID_FOR.total_seconds())
        S3SigV4QueryAuth(credentials, "s3", region, seconds).add_auth(request)
        return str(request.url)

    def _bucket(self, bucket: str) -> str:
        """Where a bucket's keys begin: botocore knows the hosts, and which bucket fits in one."""
        if bucket not in self._buckets:
            address = self._s3.generate_presigned_url(
                "get_object", Params={"Bucket": bucket, "Key": "k"}
            )
            self._buckets[bucket] = address.partition("?")[0].removesuffix("k")
        return self._buckets[bucket]
