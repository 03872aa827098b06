"""Searches texts for what nobody may read: credentials, signatures, images, metadata."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote

# As in URLs, in headers and in JSON, percent-encoded or not.
_IS = r"""(?:=|%3[Dd]|["']?\s*:\s*["']?)"""

PATTERNS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "a signature of a presigned URL": re.compile(rf"X-Amz-Signature{_IS}[0-9a-f]{{16}}"),
        "a credential of a presigned URL": re.compile(
            rf"X-Amz-Credential{_IS}[A-Z0-9]{{4,}}(?:/|%2F|%252F)\d{{8}}"
        ),
        "a token of a presigned URL": re.compile(
            rf"X-Amz-Security-Token{_IS}[A-Za-z0-9%+/=-]{{16}}", re.IGNORECASE
        ),
        "a signed header of AWS": re.compile(r"AWS4-HMAC-SHA256\W+Credential="),
        "a signed header of Tencent Cloud": re.compile(r"TC3-HMAC-SHA256\W+Credential="),
        "a signature": re.compile(r"\bSignature=[0-9a-f]{64}"),
    }
)
"""Every request has another signature: it is found by what surrounds it."""

_MIN_SECRET_LENGTH = 8
# Bytes of an image that no other text has by chance, in whatever encoding.
_PIECE = 24


@dataclass(frozen=True, slots=True)
class LeakSearch:
    """What is searched for: texts and images, by their kinds."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        short = [kind for kind, text in self.secrets.items() if len(text) < _MIN_SECRET_LENGTH]
        if short:
            raise ValueError(f"too short to search for: {', '.join(short)}")

    def kinds_in(self, text: str) -> set[str]:
        """The kinds of secrets that the text contains."""
        found = {kind for kind, pattern in PATTERNS.items() if pattern.search(text)}
        found |= {
            kind
            for kind, secret in self.secrets.items()
            if any(encoded in text for encoded in _encodings(secret))
        }
        return found | {
            kind
            for kind, image in self.images.items()
            if any(piece in text for piece in _pieces(image))
        }


def _encodings(secret: str) -> set[str]:
    once = quote(secret, safe="")
    return {secret, once, quote(once, safe=""), base64.b64encode(secret.encode()).decode()}


def _pieces(image: bytes) -> set[str]:
    """Three pieces of an image: in base64, in hexadecimal, and as Python and JSON write bytes."""
    pieces = set()
    for start in (0, len(image) // 2 // 3 * 3, (len(image) - _PIECE) // 3 * 3):
        piece = image[start : start + _PIECE]
        escaped = "".join(f"\\u{byte:04x}" for byte in piece)
        pieces |= {base64.b64encode(piece).decode(), piece.hex(), repr(piece)[2:-1], escaped}
    return pieces
