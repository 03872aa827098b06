"""The demo's uploads: their bytes, their keys, and what must come of each."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from liveness.model import Outcome
from local.pictures.scenes import (
    AMARA,
    ROBIN,
    landscape,
    selfie,
    selfie_on_a_phone,
    still_life,
)

_EXIF_ORIENTATION = 0x0112
_TURN_CLOCKWISE = 6
_LARGE_FILE = 6_000_000
_COMMENT = b"\xff\xfe"
_LONGEST_COMMENT = len(_COMMENT) + 0xFFFF


@dataclass(frozen=True, slots=True)
class DemoPicture:
    """A file to upload to `key`, and the outcome, with its reason, that the upload must get.

    The key's last segment begins with the stand-in's magic word (design, "What the stand-in for
    DetectLiveFace is"): it cannot judge a face.
    """

    path: Path
    key: str
    outcome: Outcome
    reason: str | None = None


def draw(directory: Path) -> list[DemoPicture]:
    """Write every picture of the demo into `directory`; the same bytes each time."""
    directory.mkdir(parents=True, exist_ok=True)
    uploads: list[DemoPicture] = []

    def add(key: str, content: bytes, outcome: Outcome, reason: str | None = None) -> None:
        # Keys may hold what a file system does not take: a file is named by its number too.
        path = directory / f"{len(uploads) + 1:02}-{reason or outcome}{Path(key).suffix}"
        path.write_bytes(content)
        uploads.append(DemoPicture(path, key, outcome, reason))

    robin, amara, hills = selfie(ROBIN), selfie(AMARA), landscape()
    live = _jpeg(robin)
    add("selfies/live.jpg", live, Outcome.LIVE)
    add("selfies/Amara Diallo/live größe + 自拍 1.jpg", _jpeg(amara), Outcome.LIVE)
    add("selfies/live-phone.jpg", _as_phones_store(amara), Outcome.LIVE)
    add("selfies/live.png", _encoded(robin.quantize(128), "PNG"), Outcome.LIVE)
    add("selfies/live.bmp", _encoded(_thumbnail(robin, 240), "BMP"), Outcome.LIVE)
    add("selfies/spoof.jpg", _jpeg(selfie_on_a_phone(ROBIN)), Outcome.NOT_LIVE)
    for key, content, reason in (
        ("selfies/no-face.jpg", _jpeg(still_life()), "no_face"),
        ("selfies/landscape.jpg", _jpeg(hills), "aspect_ratio"),
        ("selfies/selfie.gif", _encoded(_thumbnail(robin, 240), "GIF"), "format_gif"),
        ("selfies/6-megabytes.jpg", _padded(live, _LARGE_FILE), "file_too_large"),
        ("selfies/thumbnail.jpg", _jpeg(_thumbnail(robin, 48)), "resolution_too_small"),
        ("selfies/cut-off.jpg", live[:200], "truncated_file"),
        ("selfies/renamed.jpg", b"This is a text file.\n", "format_text"),
        ("selfies/nothing.jpg", b"", "empty_file"),
    ):
        add(key, content, Outcome.RETAKE, reason)
    return uploads


def _encoded(picture: Image.Image, picture_format: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, picture_format, **options)
    return file.getvalue()


def _jpeg(picture: Image.Image, **options: object) -> bytes:
    return _encoded(picture, "JPEG", quality=85, optimize=True, **options)


def _thumbnail(picture: Image.Image, width: int) -> Image.Image:
    return picture.resize((width, width * picture.height // picture.width))


def _as_phones_store(picture: Image.Image) -> bytes:
    """The sensor's landscape, and in EXIF that a viewer has to turn it clockwise."""
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = _TURN_CLOCKWISE
    return _jpeg(picture.transpose(Image.Transpose.ROTATE_90), exif=exif)


def _padded(jpeg: bytes, size: int) -> bytes:
    """The same picture in a file of exactly `size` bytes: comments follow the first marker."""
    missing = size - len(jpeg)
    count = -(-missing // _LONGEST_COMMENT)
    comments = bytearray()
    for number in range(count):
        length = (missing * (number + 1)) // count - (missing * number) // count
        comments += _COMMENT + (length - len(_COMMENT)).to_bytes(2) + bytes(length - 4)
    return jpeg[:2] + comments + jpeg[2:]
