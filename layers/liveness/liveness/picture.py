"""What DetectLiveFace accepts: a picture's format, size and shape, from its first bytes alone.

The limits are detect-live-face.txt §2 (`Image`, `Url`) and §6, and api-facts, "Limits". Nothing
is decoded and the file's end is not looked at: what only decoding can tell, the service says.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO

# imagesize carries annotations, but no py.typed marker.
import imagesize  # type: ignore[import-untyped]

from liveness.errors import PictureUnfit
from liveness.model import Picture

# "Cannot exceed 5 MB" in base64: the smaller of the two megabytes satisfies either reading.
# Every three bytes become four characters.
MAX_BASE64_LENGTH = 5_000_000
MAX_BYTES = MAX_BASE64_LENGTH // 4 * 3
MAX_LONG_SIDE: Mapping[str, int] = {"JPEG": 4_000, "PNG": 2_000, "BMP": 2_000}
MIN_SHORT_SIDE = 64

# How far the width may be from three quarters of the height, as a part of it. The document says
# "close to 3:4" and gives no figure. A twentieth lets through what people mean by 3:4 (cameras'
# 2316x3088 and 2944x3840, passport 35:45, prints 5:7, a crop's odd pixel) and stops the next
# shapes that cameras and apps offer: 4:5, 2:3, 1:1, 9:16, and anything lying on its side.
ASPECT_TOLERANCE = Decimal("0.05")

# One read shows nearly every picture's size. A JPEG may carry thumbnails, colour profiles and
# edit histories before it: one more read follows them, and no further than this.
FIRST_BYTES = 64 * 1024
FURTHEST_BYTES = 1024 * 1024

# What begins like this is that, in this order. A BMP is known by its second header's length
# too: plenty of texts begin with "BM".
_SIGNATURES: Mapping[str, re.Pattern[bytes]] = {
    name: re.compile(pattern, re.DOTALL)
    for name, pattern in {
        "JPEG": rb"\xff\xd8\xff",
        "PNG": rb"\x89PNG\r\n\x1a\n",
        "BMP": rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0",
        "GIF": rb"GIF8[79]a",
        "WebP": rb"RIFF.{4}WEBP",
        "AVIF": rb".{4}ftyp(?:.{4}){0,12}?avi[fs]",
        "HEIC": rb".{4}ftyp(?:he[iv].|mif1|msf1)",
        "TIFF": rb"II[*+]\0|MM\0[*+]",
        "JPEG 2000": rb"\0{3}\x0cjP  |\xff\x4f\xff\x51",
        "JPEG XL": rb"\0{3}\x0cJXL |\xff\x0a",
        "video": rb".{4}ftyp|\x1a\x45\xdf\xa3|RIFF.{4}AVI ",
        "PDF": rb"%PDF-",
        "SVG": rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml.{0,1000}?<)?svg\b",
    }.items()
}
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_EXIF = re.compile(rb"\xff\xe1..Exif\0\0", re.DOTALL)
_BMP_HEADER = 26
_OS2_HEADER = 12
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_TEXT_LOOKED_AT = 1024


def _format_reason(name: str) -> str:
    return f"format_{name.lower().replace(' ', '_')}"


_INSTEAD = "Send a picture as JPEG, PNG or BMP"
ADVICE: Mapping[str, str] = {
    "empty_file": "Send the picture again; nothing of it arrived.",
    "file_too_large": (
        f"Send a smaller picture; its file may have at most {MAX_BYTES / 1e6:g} MB."
    ),
    **{
        _format_reason(name): f"{_INSTEAD}; {name} files cannot be judged."
        for name in _SIGNATURES
        if name not in MAX_LONG_SIDE
    },
    "format_text": f"{_INSTEAD}; this file is text.",
    "format_unknown": f"{_INSTEAD}; this file is none of them.",
    "truncated_file": "Send the picture again; its file ends too early.",
    "damaged_file": "Take a new picture; this file is damaged.",
    "metadata_too_large": (
        f"Send the picture without its metadata; it has over {FURTHEST_BYTES // 2**20} MB of that."
    ),
    "resolution_too_large": (
        f"Send a smaller picture: up to {MAX_LONG_SIDE['JPEG']:,} pixels as JPEG, "
        f"{MAX_LONG_SIDE['PNG']:,} otherwise."
    ),
    "resolution_too_small": (
        f"Send a larger picture, at least {MIN_SHORT_SIDE} pixels on its short side."
    ),
    "aspect_ratio": "Take an upright picture, three parts wide and four parts high (3:4).",
}
"""Every reason for which a picture is refused here, and the sentence to show for it."""


@dataclass(frozen=True, slots=True)
class PictureRules:
    """The rules in force; `aspect_tolerance=None` leaves the shape to the service, as it does."""

    aspect_tolerance: Decimal | None = ASPECT_TOLERANCE

    def examine(self, content: BinaryIO, size: int) -> Picture:
        """Return the picture in `content`, `size` bytes long, if DetectLiveFace can judge it.

        `content` is seekable; its first `FIRST_BYTES` are read, and at most once more, up to
        `FURTHEST_BYTES`. Raises PictureUnfit with a reason of `ADVICE`, carrying the Picture
        once its size in pixels is known. What reading raises passes through.
        """
        if size <= 0:
            raise _unfit("empty_file")
        if size > MAX_BYTES:
            raise _unfit("file_too_large")
        content.seek(0)
        head = content.read(min(size, FIRST_BYTES))
        picture_format = _format(head)
        sides, used_up = _sides(picture_format, head)
        if used_up and len(head) < size:
            content.seek(len(head))
            head += content.read(min(size, FURTHEST_BYTES) - len(head))
            sides, used_up = _sides(picture_format, head)
        if used_up and not len(head) == FURTHEST_BYTES < size:
            raise _unfit("truncated_file")
        if sides is None:
            raise _unfit("metadata_too_large" if used_up else "damaged_file")
        picture = Picture(picture_format, *sides, size)
        self._measure(picture)
        return picture

    def _measure(self, picture: Picture) -> None:
        short, long = sorted((picture.width, picture.height))
        if long > MAX_LONG_SIDE[picture.format]:
            raise _unfit("resolution_too_large", picture)
        if short < MIN_SHORT_SIDE:
            raise _unfit("resolution_too_small", picture)
        if self.aspect_tolerance is None:
            return
        width, three_quarters = 4 * picture.width, 3 * picture.height
        if abs(width - three_quarters) > self.aspect_tolerance * three_quarters:
            raise _unfit("aspect_ratio", picture)


def _unfit(reason: str, picture: Picture | None = None) -> PictureUnfit:
    return PictureUnfit(reason, ADVICE[reason], picture)


def _format(head: bytes) -> str:
    """JPEG, PNG or BMP; raises PictureUnfit for everything else under its own name."""
    if not head:
        raise _unfit("empty_file")
    for name, signature in _SIGNATURES.items():
        if signature.match(head):
            if name in MAX_LONG_SIDE:
                return name
            raise _unfit(_format_reason(name))
    if _is_text(head[:_TEXT_LOOKED_AT]):
        raise _unfit("format_text")
    raise _unfit("truncated_file" if _is_beginning(head) else "format_unknown")


def _is_text(head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    try:
        # Not final: the head may end within a character.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return not _CONTROL.search(head)


def _is_beginning(head: bytes) -> bool:
    short_bmp = head.startswith(b"BM") and len(head) < _BMP_HEADER
    return short_bmp or any(beginning.startswith(head) for beginning in _BEGINNINGS)


def _sides(picture_format: str, head: bytes) -> tuple[tuple[int, int] | None, bool]:
    """Width and height as a viewer shows them, or None; and whether the search used up the head.

    Used up, the rest of the file may still tell the size, or the rotation. That is a JPEG's EXIF
    orientation; a PNG's, which cameras do not write, is left alone.
    """
    if picture_format == "BMP":
        return _bmp_sides(head), len(head) < _BMP_HEADER
    search = BytesIO(_with_one_exif(head))
    try:
        # Not `imagesize.get`, which hides every failure.
        info = imagesize.get_info(search, dpi=False, colors=False, channels=False)
    except ValueError:
        sides = None
    else:
        sides = (info.width, info.height) if info.width and info.height else None
    return sides, search.tell() >= len(head)


def _with_one_exif(head: bytes) -> bytes:
    # The first EXIF counts, as for browsers and Pillow. imagesize would read on, and lose its
    # orientation to whatever begins like it: another tool's, or its own second segment.
    first = _EXIF.search(head)
    if first is None:
        return head
    return head[: first.end()] + head[first.end() :].replace(b"Exif\0\0", b"exif\0\0")


def _bmp_sides(header: bytes) -> tuple[int, int] | None:
    # imagesize knows Windows' headers only; the first of OS/2's has sides of 16 bits.
    if len(header) < _BMP_HEADER:
        return None
    sides = "<HH" if header[14] == _OS2_HEADER else "<ii"
    width, height = struct.unpack_from(sides, header, offset=18)
    # A negative height means rows from top to bottom.
    return (width, abs(height)) if width > 0 and height else None
