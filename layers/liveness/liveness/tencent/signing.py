"""TC3-HMAC-SHA256: the signature of a request to Tencent Cloud (api-facts, "Signature")."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from liveness.errors import CredentialsMissing

ALGORITHM = "TC3-HMAC-SHA256"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key of Tencent Cloud; `token` only with temporary ones.

    Raises CredentialsMissing for a part that is empty or could not travel in a header.
    """

    secret_id: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = {"SecretId": self.secret_id, "SecretKey": self.secret_key}
        if self.token is not None:
            parts["Token"] = self.token
        for name, value in parts.items():
            # http.client would refuse such a value in a message that shows it.
            if not value or not value.isascii() or not value.isprintable() or " " in value:
                raise CredentialsMissing(f"{name} is empty, or holds blanks or odd characters")


@dataclass(frozen=True, slots=True)
class Signature:
    """What signing came to, with the two texts that `--explain` shows."""

    canonical_request: str
    string_to_sign: str
    authorization: str


def sign(
    payload: bytes,
    *,
    content_type: str,
    host: str,
    timestamp: int,
    credentials: Credentials,
    service: str = "iai",
    signed_headers: Mapping[str, str] = _NO_HEADERS,
) -> Signature:
    """Sign a POST to `/` of these very bytes at `timestamp` (seconds since 1970, UTC).

    Content type and host enter as they are sent, as the official SDK has it; the values of
    further `signed_headers` in lower case, as the vendor's documentation has it.
    """
    headers = {name.lower(): value.strip().lower() for name, value in signed_headers.items()}
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


class TencentCloud3Auth(AuthBase):
    """Signs a request of `requests` as it is about to travel.

    Sets Host, X-TC-Timestamp, X-TC-Token (where there is a token) and Authorization.
    `signed_headers` names headers of the request to sign beside Content-Type and Host.
    Raises ValueError for a request without a body of bytes or without a Content-Type.

    >>> requests.post(endpoint, data=body, headers=headers, auth=TencentCloud3Auth(credentials))
    """

    def __init__(
        self,
        credentials: Credentials,
        service: str = "iai",
        now: Callable[[], float] = time.time,
        signed_headers: Sequence[str] = (),
    ) -> None:
        self.credentials = credentials
        self.service = service
        self.now = now
        self.signed_headers = tuple(signed_headers)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign the body that travels; requests calls this last."""
        self.signed(request)
        return request

    def signed(self, request: PreparedRequest) -> Signature:
        """Sign `request` in place and give the signature away."""
        headers = request.headers
        if not isinstance(request.body, bytes) or "Content-Type" not in headers:
            raise ValueError("only a POST of bytes with a Content-Type can be signed")
        headers.setdefault("Host", host_of(request.url or ""))
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
            service=self.service,
            signed_headers={name: str(headers[name]) for name in self.signed_headers},
        )
        headers["Authorization"] = signature.authorization
        return signature


def host_of(url: str) -> str:
    """The Host header of an address: no user, and no port where it is the scheme's own."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    own_port = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return host.removesuffix(own_port)
