"""What DetectLiveFace accepts: an image's format, size and shape, from its first bytes alone.

The limits are those of docs/detectliveface-api.md, "Limits". Nothing is decoded and the end of
the file is not read: what only decoding can show, the service reports.
"""

import codecs
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO

# imagesize carries annotations, but no py.typed marker.
import imagesize  # type: ignore[import-untyped]

from liveness.errors import ImageRejectedError
from liveness.models import Image, ImageHead

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

# One read shows nearly every image's size. A JPEG may carry thumbnails, colour profiles and
# edit histories before it: one more read follows them, and no further than this.
FIRST_BYTES = 64 * 1024
MAX_HEAD_BYTES = 1024 * 1024

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
_TEXT_SAMPLE = 1024


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
        f"Send the picture without its metadata; it has over {MAX_HEAD_BYTES // 2**20} MB of that."
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
"""Every reason for which an image is rejected here, and the sentence to show for it."""


@dataclass(frozen=True, slots=True)
class ImageRules:
    """The rules in force; `aspect_tolerance=None` leaves the shape to the service."""

    aspect_tolerance: Decimal | None = ASPECT_TOLERANCE

    def validate(self, image_head: ImageHead) -> Image:
        """Return the image, if DetectLiveFace can judge it.

        The first `FIRST_BYTES` are read, and at most once more, up to `MAX_HEAD_BYTES`. Raises
        ImageRejectedError with a reason of `ADVICE`, with the Image once its size in pixels is
        known. What reading raises passes through.
        """
        size = image_head.size
        if size <= 0:
            raise _rejected("empty_file")
        if size > MAX_BYTES:
            raise _rejected("file_too_large")
        head = image_head.read(0, min(size, FIRST_BYTES))
        image_format = _format(head)
        sides, exhausted = _sides(image_format, head)
        if exhausted and len(head) < size:
            head += image_head.read(len(head), min(size, MAX_HEAD_BYTES))
            sides, exhausted = _sides(image_format, head)
        if exhausted and not len(head) == MAX_HEAD_BYTES < size:
            raise _rejected("truncated_file")
        if sides is None:
            raise _rejected("metadata_too_large" if exhausted else "damaged_file")
        image = Image(image_format, *sides, size)
        self._check_size(image)
        return image

    def _check_size(self, image: Image) -> None:
        short, long = sorted((image.width, image.height))
        if long > MAX_LONG_SIDE[image.format]:
            raise _rejected("resolution_too_large", image)
        if short < MIN_SHORT_SIDE:
            raise _rejected("resolution_too_small", image)
        if self.aspect_tolerance is None:
            return
        width, three_quarters = 4 * image.width, 3 * image.height
        if abs(width - three_quarters) > self.aspect_tolerance * three_quarters:
            raise _rejected("aspect_ratio", image)


def _rejected(reason: str, image: Image | None = None) -> ImageRejectedError:
    return ImageRejectedError(reason, ADVICE[reason], image)


def _format(head: bytes) -> str:
    """JPEG, PNG or BMP; raises ImageRejectedError for everything else under its own name."""
    if not head:
        raise _rejected("empty_file")
    for name, signature in _SIGNATURES.items():
        if signature.match(head):
            if name in MAX_LONG_SIDE:
                return name
            raise _rejected(_format_reason(name))
    if _is_text(head[:_TEXT_SAMPLE]):
        raise _rejected("format_text")
    raise _rejected("truncated_file" if _is_beginning(head) else "format_unknown")


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


def _sides(image_format: str, head: bytes) -> tuple[tuple[int, int] | None, bool]:
    """Width and height as a viewer shows them, or None; and whether the search exhausted the head.

    Exhausted, the rest of the file may still hold the size, or the rotation. That is a JPEG's
    EXIF orientation; a PNG's, which cameras do not write, is ignored.
    """
    if image_format == "BMP":
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
