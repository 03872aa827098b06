"""First bytes of images, built by hand, with what no camera writes too."""

from __future__ import annotations

import struct

SOI = b"\xff\xd8"
SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(100) + b"\xff\xd9"


def segment(marker: int, payload: bytes) -> bytes:
    """A JPEG's marker segment; at most 65,533 bytes of payload."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def sof(width: int, height: int, marker: int = 0xC0) -> bytes:
    """A JPEG's size marker (SOF), three components."""
    return segment(marker, struct.pack(">BHHB", 8, height, width, 3) + bytes(9))


def exif(orientation: int, byte_order: str = "II", *, others: int = 0) -> bytes:
    """An APP1 segment with EXIF: an orientation behind `others` other fields."""
    order = {"II": "<", "MM": ">"}[byte_order]
    field = struct.Struct(order + "HHIHH")
    fields = [field.pack(0x0100 + number, 3, 1, 7, 0) for number in range(others)]
    fields.append(field.pack(0x0112, 3, 1, orientation, 0))
    tiff = byte_order.encode() + struct.pack(order + "HIH", 42, 8, len(fields))
    return segment(0xE1, b"Exif\0\0" + tiff + b"".join(fields) + bytes(4))


def metadata(length: int) -> bytes:
    """APP2 segments, as colour profiles use; they fill exactly `length` bytes, 4 or more."""
    filled = bytearray()
    while length - len(filled) > 0xFFFF + 2:
        filled += segment(0xE2, bytes(0xF000))
    return bytes(filled + segment(0xE2, bytes(length - len(filled) - 4)))


def jpeg(width: int = 600, height: int = 800, *before: bytes, after: bytes = b"") -> bytes:
    """A JPEG's head and the beginning of its scan; segments before and after the size marker."""
    return SOI + b"".join(before) + sof(width, height) + after + SCAN


def png(width: int = 600, height: int = 800) -> bytes:
    """A PNG's head."""
    header = struct.pack(">I4sIIBBBBBI", 13, b"IHDR", width, height, 8, 2, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + header + bytes(67)


def bmp(width: int = 600, height: int = 800, *, header: int = 40) -> bytes:
    """A BMP's head; its kind is the length of its second header, 12 being OS/2's first."""
    sides = struct.pack("<HH" if header == 12 else "<ii", width, height)
    return b"BM" + struct.pack("<IHHII", 2**20, 0, 0, 14 + header, header) + sides + bytes(100)


def boxes(brand: bytes, *compatible: bytes) -> bytes:
    """An ISO media file's first box, as HEIC, AVIF, MP4 and MOV begin."""
    brands = brand + bytes(4) + b"".join(compatible)
    return struct.pack(">I4s", len(brands) + 8, b"ftyp") + brands + bytes(64)
