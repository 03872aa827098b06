"""Downloads `Url` as the service does: one GET, three seconds in all, no redirects."""

import asyncio
import ssl
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

import httpcore

from liveness.image_rules import MAX_BYTES
from local.detectliveface.errors import ApiError

# Documented for a sibling product (docs/detectliveface-api.md, "Limits").
TIMEOUT_SECONDS = 3.0

_S3_GLOBAL_HOST = "s3.amazonaws.com"
_REGION_OF_GLOBAL_HOST = "us-east-1"


@dataclass(frozen=True, slots=True)
class Downloader:
    """`ssl_context` is for https; `timeout` in seconds is for the whole download."""

    ssl_context: ssl.SSLContext
    timeout: float = TIMEOUT_SECONDS

    async def get(self, url: str) -> bytes:
        """Return the body of a 200 response, or its first MAX_BYTES + 1 bytes if it has more.

        Raises ApiError with FailedOperation.ImageDownloadError for every failure.
        """
        try:
            async with asyncio.timeout(self.timeout):
                return await self._get(url)
        except TimeoutError as cause:
            raise _failed(f"the download took over {self.timeout:g} seconds") from cause
        # Only the cause's type: its text may hold what the other side sent.
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, UnicodeError) as cause:
            raise _failed(type(cause).__name__) from cause

    async def _get(self, url: str) -> bytes:
        parts = urlsplit(url)
        check_s3_host(parts)
        # The target in bytes, as it was sent: a presigned URL bears no normalisation.
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        address = httpcore.URL(
            scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target=target
        )
        headers = [("Host", parts.netloc.rpartition("@")[2]), ("Accept", "image/*")]
        body = bytearray()
        async with (
            httpcore.AsyncConnectionPool(ssl_context=self.ssl_context) as connections,
            connections.stream("GET", address, headers=headers) as response,
        ):
            if response.status != 200:  # noqa: PLR2004 - HTTP's own number
                raise _failed(f"HTTP status {response.status}")
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    break
        return bytes(body[: MAX_BYTES + 1])


def check_s3_host(url: SplitResult) -> None:
    """Raise ApiError where S3 would redirect to a host that is not signed, or answer 400.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    host = url.hostname or ""
    if host != _S3_GLOBAL_HOST and not host.endswith(f".{_S3_GLOBAL_HOST}"):
        return
    # "<access key>/<day>/<region>/s3/aws4_request"
    for scope in parse_qs(url.query).get("X-Amz-Credential", []):
        if _REGION_OF_GLOBAL_HOST not in scope.split("/"):
            raise _failed("S3's global host serves only URLs that are signed for us-east-1")


def _failed(why: str) -> ApiError:
    return ApiError("FailedOperation.ImageDownloadError", f"The image was not downloaded: {why}")
