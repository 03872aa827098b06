"""`python -m tests.fuzz.image_head --seconds 60`: no file escapes the image rules."""

from __future__ import annotations

from io import BytesIO

# Ships no types.
import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["liveness.image_rules", "imagesize"]):
    from liveness.image_rules import ADVICE, MAX_LONG_SIDE, MIN_SHORT_SIDE, ImageRules

from liveness.errors import ImageRejectedError
from liveness.models import ImageHead
from tests.fuzz.harness import fuzz
from tests.fuzz.heads import bmp, boxes, exif, jpeg, metadata, png, segment
from tests.unit.image_heads import reading

RULES = ImageRules(aspect_tolerance=None)
MAX_READS = 2


class CountedReads(BytesIO):
    """A file that counts how often it is read."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and count."""
        self.reads += 1
        return super().read(size)


def run_case(data: bytes) -> str:
    """Validate the bytes; an accepted image must be within the limits."""
    content = CountedReads(data)
    try:
        image = RULES.validate(ImageHead(len(data), None, reading(content)))
    except ImageRejectedError as error:
        if error.advice != ADVICE[error.reason]:
            raise AssertionError(f"not the advice for its reason: {error}") from error
        return error.reason
    short, long = sorted((image.width, image.height))
    if short < MIN_SHORT_SIDE or long > MAX_LONG_SIDE[image.format]:
        raise AssertionError(f"accepted beyond the limits: {image}")
    if content.reads > MAX_READS:
        raise AssertionError(f"{content.reads} reads")
    return f"accepted as {image.format}"


SEEDS = (
    jpeg(),
    jpeg(800, 600, exif(6, "MM"), exif(1)),
    jpeg(800, 600, exif(6, others=3), after=segment(0xE1, b"Exif\0\0")),
    jpeg(600, 800, metadata(66_000), exif(8)),
    png(),
    bmp(),
    bmp(600, 800, header=12),
    boxes(b"mif1", b"heic", b"avif"),
    b"GIF89a" + bytes(32),
    b'<?xml version="1.0"?><svg/>',
)
WORDS = (
    *(b"Exif\0\0", b"II*\0", b"MM\0*", b"\x12\x01\x03\0", b"\x01\x12\0\x03", b"IHDR", b"ftyp"),
    *(bytes([0xFF, marker]) for marker in (0xC0, 0xC2, 0xC4, 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xFE)),
)

if __name__ == "__main__":
    fuzz("image_head", run_case, seeds=SEEDS, words=WORDS, max_length=70_000)
