"""TC3-HMAC-SHA256, the signature of a request (docs/detectliveface-api.md, "Signature")."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from liveness.credentials import TencentCredentials

ALGORITHM = "TC3-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signature:
    """The Authorization header, with the two intermediate texts that `--explain` prints."""

    canonical_request: str
    string_to_sign: str
    authorization: str


def sign(
    payload: bytes,
    *,
    content_type: str,
    host: str,
    timestamp: int,
    credentials: TencentCredentials,
    service: str = "iai",
    signed_headers: Mapping[str, str] | None = None,
) -> Signature:
    """Sign a POST of `payload` to `/` at `timestamp` (seconds since 1970, UTC).

    Content-Type and Host are signed as they are sent, as the official SDK does; the values of
    further `signed_headers` in lower case, as the vendor's documentation has it.
    """
    further = signed_headers or {}
    headers = {name.lower(): value.strip().lower() for name, value in further.items()}
    headers |= {"content-type": content_type.strip(), "host": host.strip()}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical_request = f"POST\n/\n\n{lines}\n{names}\n{_sha256(payload)}"

    date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    scope = f"{date}/{service}/tc3_request"
    string_to_sign = f"{ALGORITHM}\n{timestamp}\n{scope}\n{_sha256(canonical_request.encode())}"

    key = f"TC3{credentials.secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, string_to_sign.encode(), "sha256").hex()
    return Signature(
        canonical_request,
        string_to_sign,
        f"{ALGORITHM} Credential={credentials.secret_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}",
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class TencentCloud3Auth(AuthBase):
    """Signs a request of `requests`, with Content-Type and Host among what is signed.

    Sets Host, X-TC-Timestamp, X-TC-Token (with temporary keys) and Authorization. Raises
    ValueError for a request without a body of bytes or without a Content-Type.

    >>> requests.post(endpoint, data=body, headers=headers, auth=TencentCloud3Auth(credentials))
    """

    credentials: TencentCredentials
    now: Callable[[], float] = time.time

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request whose body and headers are complete; `requests` calls this last."""
        self.sign(request)
        return request

    def sign(self, request: PreparedRequest) -> Signature:
        """Sign `request` in place and return the signature."""
        headers = request.headers
        if not isinstance(request.body, bytes) or "Content-Type" not in headers:
            raise ValueError("only a POST of bytes with a Content-Type can be signed")
        headers.setdefault("Host", host_header(request.url or ""))
        timestamp = int(self.now())
        headers["X-TC-Timestamp"] = str(timestamp)
        if self.credentials.token:
            headers["X-TC-Token"] = self.credentials.token
        signature = sign(
            request.body,
            content_type=str(headers["Content-Type"]),
            host=str(headers["Host"]),
            timestamp=timestamp,
            credentials=self.credentials,
        )
        headers["Authorization"] = signature.authorization
        return signature


def host_header(url: str) -> str:
    """The Host header for a URL: no user, and no port where it is the scheme's default."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    default_port = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return host.removesuffix(default_port)
