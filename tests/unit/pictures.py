"""Heads of pictures, small enough to write down."""

from __future__ import annotations

import struct


def png(width: int = 300, height: int = 400) -> bytes:
    """A PNG's head: signature, IHDR and some of what follows."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", width, height, 8, 2, 0, 0, 0, 0)
        + bytes(67)
    )


GIF = b"GIF89a" + bytes(64)
