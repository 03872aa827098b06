"""Who is calling: TC3-HMAC-SHA256 as the gateway checks it (api-facts, "Signature")."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from liveness.tencent.signing import Credentials, sign
from local.detectliveface.refusal import Refusal

SERVICE = "iai"
MAX_SKEW_SECONDS = 300
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=(?P<secret_id>[^/,\s]+)/(?P<date>\d{4}-\d\d-\d\d)/"
    r"(?P<service>[a-z0-9-]+)/tc3_request, ?"
    r"SignedHeaders=(?P<signed_headers>[a-z0-9-]+(?:;[a-z0-9-]+)*), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


class Keyring:
    """The credentials that are accepted at the moment; replacing them is a rotation."""

    def __init__(self, accepted: Iterable[Credentials] = ()) -> None:
        self.replace(accepted)

    def replace(self, accepted: Iterable[Credentials]) -> None:
        """Accept these and no others; none at all revokes every key."""
        self._by_id = {credentials.secret_id: credentials for credentials in accepted}

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Check the signature of a POST to `/`; `now` is in seconds since 1970.

        Raises Refusal with a code of `AuthFailure`, and MissingParameter or InvalidParameter
        for the timestamp itself.
        """
        authorization = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if authorization is None:
            raise _invalid("Authorization is missing or not in the form of TC3-HMAC-SHA256")
        timestamp = _timestamp(headers)
        names = authorization["signed_headers"].split(";")
        _check_signed_headers(names, headers)
        _check_scope(authorization["service"], authorization["date"], timestamp)
        if abs(now - timestamp) > MAX_SKEW_SECONDS:
            raise Refusal("AuthFailure.SignatureExpire", "The timestamp is over five minutes off")

        credentials = self._by_id.get(authorization["secret_id"])
        if credentials is None:
            raise Refusal("AuthFailure.SecretIdNotFound", "The SecretId does not exist")
        if not _same(headers.get("x-tc-token", ""), credentials.token or ""):
            raise Refusal("AuthFailure.TokenFailure", "The token does not belong to this SecretId")
        expected = sign(
            _payload(headers, body),
            content_type=headers["content-type"],
            host=headers["host"],
            timestamp=timestamp,
            credentials=credentials,
            service=SERVICE,
            signed_headers={name: headers[name] for name in names},
        ).authorization.rpartition("Signature=")[2]
        if not _same(authorization["signature"], expected):
            raise Refusal(
                "AuthFailure.SignatureFailure", "The signature is not that of the request"
            )


def _timestamp(headers: Mapping[str, str]) -> int:
    text = headers.get("x-tc-timestamp", "")
    if not text:
        raise Refusal("MissingParameter", "X-TC-Timestamp is missing")
    # Ten digits reach the year 2286, and every one of them has a date.
    if not (text.isascii() and text.isdigit() and len(text) <= len("9999999999")):
        raise Refusal("InvalidParameter", "X-TC-Timestamp is no time in seconds")
    return int(text)


def _check_signed_headers(names: list[str], headers: Mapping[str, str]) -> None:
    if not {"content-type", "host"} <= set(names):
        raise _invalid("SignedHeaders lacks content-type or host")
    if names != sorted(set(names)):
        raise _invalid("SignedHeaders is not in ascending order")
    if any(name not in headers for name in names):
        raise _invalid("SignedHeaders names a header that was not sent")


def _check_scope(service: str, date: str, timestamp: int) -> None:
    if service != SERVICE:
        raise _invalid("Credential names another service than iai")
    if date != datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d"):
        raise _invalid("Credential's date is not the UTC date of X-TC-Timestamp")


def _payload(headers: Mapping[str, str], body: bytes) -> bytes:
    # Official SDKs can leave the body out of the signature (`unsignedPayload`).
    unsigned = headers.get("x-tc-content-sha256") == UNSIGNED_PAYLOAD
    return UNSIGNED_PAYLOAD.encode() if unsigned else body


def _invalid(message: str) -> Refusal:
    return Refusal("AuthFailure.InvalidAuthorization", message)


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
