"""What a request would be, as the vendor's API Explorer shows it; nothing is sent."""

import hashlib
from collections.abc import Callable

from liveness.credentials import TencentCredentials
from liveness.tencent.auth import TencentCloud3Auth
from liveness.tencent.request import ServiceConfig

_VISIBLE_CHARACTERS = 4


def explain(
    config: ServiceConfig, credentials: TencentCredentials, body: bytes, now: Callable[[], float]
) -> str:
    """Return canonical request, string to sign and headers; SecretId and token are masked.

    The body appears by its length and hash alone: it holds the image, or its URL.
    """
    request = config.request(body).prepare()
    signature = TencentCloud3Auth(credentials, now=now).sign(request)
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
    visible = secret[:_VISIBLE_CHARACTERS] if len(secret) > 2 * _VISIBLE_CHARACTERS else ""
    return f"{visible}…"
