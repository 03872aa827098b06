"""`python -m tests.fuzz.picture_head --seconds 60`: no bytes of a file escape the picture rules."""

from __future__ import annotations

from io import BytesIO

# Installed only where somebody fuzzes.
import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["liveness.picture", "imagesize"]):
    from liveness.picture import ADVICE, MAX_LONG_SIDE, MIN_SHORT_SIDE, PictureRules

from liveness.errors import PictureUnfit
from tests.fuzz.harness import fuzz
from tests.fuzz.heads import bmp, boxes, exif, jpeg, metadata, png, segment

RULES = PictureRules(aspect_tolerance=None)
MOST_READS = 2


class CountedReads(BytesIO):
    """A file that counts how often it is read."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and count."""
        self.reads += 1
        return super().read(size)


def decide(data: bytes) -> str:
    """Examine the bytes; what is accepted must be within the limits."""
    content = CountedReads(data)
    try:
        picture = RULES.examine(content, len(data))
    except PictureUnfit as unfit:
        if unfit.advice != ADVICE[unfit.reason]:
            raise AssertionError(f"no advice of ours: {unfit}") from unfit
        return unfit.reason
    short, long = sorted((picture.width, picture.height))
    if short < MIN_SHORT_SIDE or long > MAX_LONG_SIDE[picture.format]:
        raise AssertionError(f"accepted beyond the limits: {picture}")
    if content.reads > MOST_READS:
        raise AssertionError(f"{content.reads} reads")
    return f"accepted as {picture.format}"


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
    fuzz("picture_head", decide, seeds=SEEDS, words=WORDS, longest=70_000)
