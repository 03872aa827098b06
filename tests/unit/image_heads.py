"""The first bytes of images, small enough to write down."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import BinaryIO


def png(width: int = 300, height: int = 400) -> bytes:
    """The first 100 bytes of a PNG: signature, IHDR and some of what follows."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", width, height, 8, 2, 0, 0, 0, 0)
        + bytes(67)
    )


GIF = b"GIF89a" + bytes(64)


def reading(file: BinaryIO) -> Callable[[int, int], bytes]:
    """Read a file as an ImageHead reads an object."""

    def read(start: int, end: int) -> bytes:
        file.seek(start)
        return file.read(end - start)

    return read
