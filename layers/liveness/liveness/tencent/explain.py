"""What a request would look like, as the vendor's API Explorer shows it; nothing is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from liveness.tencent.service import Service
from liveness.tencent.signing import Credentials, TencentCloud3Auth

_SHOWN_OF_A_SECRET = 4


def explain(
    service: Service, credentials: Credentials, body: bytes, now: Callable[[], float]
) -> str:
    """Return canonical request, string to sign and headers; SecretId and token are masked.

    The body appears by its length and hash alone: it holds the picture, or its address.
    """
    request = service.request(body).prepare()
    signature = TencentCloud3Auth(credentials, now=now).signed(request)
    headers = {name: str(value) for name, value in request.headers.items()}
    masked = _masked(credentials.secret_id)
    headers["Authorization"] = headers["Authorization"].replace(credentials.secret_id, masked)
    if credentials.token:
        headers["X-TC-Token"] = _masked(credentials.token)
    parts = [
        f"POST {request.url} (nothing is sent)",
        f"CanonicalRequest:\n{signature.canonical_request}",
        f"StringToSign:\n{signature.string_to_sign}",
        "Headers:\n" + "\n".join(f"{name}: {headers[name]}" for name in sorted(headers)),
        f"Body: {len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}",
    ]
    return "\n\n".join(parts)


def _masked(secret: str) -> str:
    shown = secret[:_SHOWN_OF_A_SECRET] if len(secret) > 2 * _SHOWN_OF_A_SECRET else ""
    return f"{shown}…"
