"""Searches what was emitted for what nobody may read: credentials, signatures, pictures, notes."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote

# As they stand in an address, in a header and in JSON, percent-encoded or not.
_IS = r"""(?:=|%3[Dd]|["']?\s*:\s*["']?)"""

SHAPES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "a signature of a presigned address": re.compile(rf"X-Amz-Signature{_IS}[0-9a-f]{{16}}"),
        "a credential of a presigned address": re.compile(
            rf"X-Amz-Credential{_IS}[A-Z0-9]{{4,}}(?:/|%2F|%252F)\d{{8}}"
        ),
        "a token of a presigned address": re.compile(
            rf"X-Amz-Security-Token{_IS}[A-Za-z0-9%+/=-]{{16}}", re.IGNORECASE
        ),
        "a signed header of AWS": re.compile(r"AWS4-HMAC-SHA256\W+Credential="),
        "a signed header of Tencent Cloud": re.compile(r"TC3-HMAC-SHA256\W+Credential="),
        "a signature": re.compile(r"\bSignature=[0-9a-f]{64}"),
    }
)
"""Signatures are made anew for every request: they are known by what stands around them."""

_SHORTEST_SECRET = 8
# So much of a picture, in any of its writings, is no accident.
_PIECE = 24


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for: texts by their kind, and pictures."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        short = [kind for kind, text in self.secrets.items() if len(text) < _SHORTEST_SECRET]
        if short:
            raise ValueError(f"too short to look for: {', '.join(short)}")

    def kinds_in(self, text: str) -> set[str]:
        """The kinds of what the text gives away."""
        found = {kind for kind, shape in SHAPES.items() if shape.search(text)}
        found |= {
            kind
            for kind, secret in self.secrets.items()
            if any(written in text for written in _writings(secret))
        }
        return found | {
            kind
            for kind, picture in self.pictures.items()
            if any(piece in text for piece in _pieces(picture))
        }


def _writings(secret: str) -> set[str]:
    once = quote(secret, safe="")
    return {secret, once, quote(once, safe=""), base64.b64encode(secret.encode()).decode()}


def _pieces(picture: bytes) -> set[str]:
    """Three places of a picture: in base64, in hexadecimal, and as Python and JSON write bytes."""
    pieces = set()
    for start in (0, len(picture) // 2 // 3 * 3, (len(picture) - _PIECE) // 3 * 3):
        piece = picture[start : start + _PIECE]
        escaped = "".join(f"\\u{byte:04x}" for byte in piece)
        pieces |= {base64.b64encode(piece).decode(), piece.hex(), repr(piece)[2:-1], escaped}
    return pieces
