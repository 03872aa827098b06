"""Verifies TC3-HMAC-SHA256 as the gateway does (docs/detectliveface-api.md, "Signature")."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from liveness.credentials import TencentCredentials
from liveness.tencent.auth import sign
from local.detectliveface.errors import ApiError

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
    """The credentials that are accepted at present; to replace them is a rotation."""

    def __init__(self, accepted: Iterable[TencentCredentials] = ()) -> None:
        self.replace(accepted)

    def replace(self, accepted: Iterable[TencentCredentials]) -> None:
        """Accept these and no others; none at all revokes every key."""
        self._by_id = {credentials.secret_id: credentials for credentials in accepted}

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Verify the signature of a POST to `/`; `now` is in seconds since 1970.

        Raises ApiError with a code of `AuthFailure`, and MissingParameter or InvalidParameter
        for the timestamp itself.
        """
        authorization = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if authorization is None:
            raise _invalid("Authorization is missing or not in the form of TC3-HMAC-SHA256")
        timestamp = _timestamp(headers)
        names = authorization["signed_headers"].split(";")
        if not {"content-type", "host"} <= set(names) or names != sorted(set(names)):
            raise _invalid("SignedHeaders lacks content-type or host, or is not in order")
        if any(name not in headers for name in names):
            raise _invalid("SignedHeaders has a header that was not sent")
        if authorization["service"] != SERVICE:
            raise _invalid("Credential has another service than iai")
        if authorization["date"] != datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d"):
            raise _invalid("Credential's date is not the UTC date of X-TC-Timestamp")
        if abs(now - timestamp) > MAX_SKEW_SECONDS:
            raise ApiError("AuthFailure.SignatureExpire", "The timestamp is over five minutes off")

        credentials = self._by_id.get(authorization["secret_id"])
        if credentials is None:
            raise ApiError("AuthFailure.SecretIdNotFound", "The SecretId does not exist")
        if headers.get("x-tc-token", "") != (credentials.token or ""):
            raise ApiError("AuthFailure.TokenFailure", "The token is not that of this SecretId")
        # Official SDKs can leave the body out of the signature (`unsignedPayload`).
        is_unsigned = headers.get("x-tc-content-sha256") == UNSIGNED_PAYLOAD
        expected = sign(
            UNSIGNED_PAYLOAD.encode() if is_unsigned else body,
            content_type=headers["content-type"],
            host=headers["host"],
            timestamp=timestamp,
            credentials=credentials,
            service=SERVICE,
            signed_headers={name: headers[name] for name in names},
        ).authorization.rpartition("Signature=")[2]
        if authorization["signature"] != expected:
            message = "The signature is not that of the request"
            raise ApiError("AuthFailure.SignatureFailure", message)


def _timestamp(headers: Mapping[str, str]) -> int:
    text = headers.get("x-tc-timestamp", "")
    if not text:
        raise ApiError("MissingParameter", "X-TC-Timestamp is missing")
    # Ten digits reach the year 2286, and every one of these seconds has a date.
    if not (text.isascii() and text.isdigit() and len(text) <= len("9999999999")):
        raise ApiError("InvalidParameter", "X-TC-Timestamp is not a time in seconds")
    return int(text)


def _invalid(message: str) -> ApiError:
    return ApiError("AuthFailure.InvalidAuthorization", message)
