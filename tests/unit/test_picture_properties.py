"""Whatever bytes come: a picture within the limits, or a refusal with a reason; as Pillow sees it.

`pytest -p tests.fuzz.thorough` tries thousands of each.
"""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from liveness.errors import PictureUnfit
from liveness.model import Picture
from liveness.picture import ADVICE, MAX_BYTES, MAX_LONG_SIDE, MIN_SHORT_SIDE, PictureRules
from tests.fuzz.heads import bmp, exif, jpeg, metadata, png, segment, sof

# How fast a busy machine is decides no test.
unhurried = settings(deadline=None)

ANY_SHAPE = PictureRules(aspect_tolerance=None)

sides = st.integers(0, 0xFFFF)
segments = st.one_of(
    st.builds(segment, st.integers(0, 255), st.binary(max_size=80)),
    st.builds(lambda data: segment(0xE1, b"Exif\0\0" + data), st.binary(max_size=80)),
    st.builds(exif, sides, st.sampled_from(["II", "MM"]), others=st.integers(0, 9)),
    st.builds(sof, sides, sides, st.integers(0xC0, 0xCF)),
    st.builds(metadata, st.integers(4, 70_000)),
    st.binary(max_size=20),
)
heads = st.one_of(
    st.builds(lambda before: jpeg(600, 800, *before), st.lists(segments, max_size=6)),
    st.builds(lambda parts: b"\xff\xd8" + b"".join(parts), st.lists(segments, max_size=6)),
    st.builds(png, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.builds(bmp, st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1)),
)
signatures = st.sampled_from([jpeg()[:3], png()[:8], png()[:16], bmp()[:18], b"GIF89a", b"RIFF"])


@st.composite
def damaged_heads(draw: st.DrawFn) -> bytes:
    """A head with some bytes changed, and its end cut off."""
    head = bytearray(draw(heads))
    for _ in range(draw(st.integers(0, 4))):
        head[draw(st.integers(0, min(len(head), 300) - 1))] = draw(st.integers(0, 255))
    return bytes(head[: draw(st.integers(0, len(head)))])


def decision(content: bytes, size: int, rules: PictureRules = ANY_SHAPE) -> Picture | PictureUnfit:
    try:
        return rules.examine(BytesIO(content), size)
    except PictureUnfit as unfit:
        return unfit


def assert_decided(content: bytes, size: int) -> None:
    """A picture within every limit, or a refusal that is documented; no other exception."""
    match decision(content, size):
        case PictureUnfit() as unfit:
            assert unfit.advice == ADVICE[unfit.reason]
        case Picture() as picture:
            assert min(picture.width, picture.height) >= MIN_SHORT_SIDE
            assert max(picture.width, picture.height) <= MAX_LONG_SIDE[picture.format]
            assert picture.size == size


@unhurried
@given(st.binary(max_size=400), st.integers(-1, MAX_BYTES + 1))
def test_any_bytes_are_decided(content: bytes, size: int) -> None:
    assert_decided(content, size)


@unhurried
@given(signatures, st.binary(max_size=400))
def test_any_bytes_after_a_signature_are_decided(signature: bytes, content: bytes) -> None:
    assert_decided(signature + content, len(signature + content))


@unhurried
@given(damaged_heads())
def test_any_damaged_head_is_decided(content: bytes) -> None:
    assert_decided(content, len(content))


@unhurried
@given(damaged_heads(), st.integers(1, MAX_BYTES))
def test_any_head_is_decided_whatever_size_was_declared(content: bytes, size: int) -> None:
    assert_decided(content, size)


@unhurried
@given(
    st.sampled_from(["JPEG", "PNG", "BMP"]),
    st.integers(MIN_SHORT_SIDE, 300),
    st.integers(MIN_SHORT_SIDE, 300),
    st.sampled_from(["1", "L", "RGB", "CMYK"]),
    st.booleans(),
)
def test_pillows_files_are_as_pillow_says(
    picture_format: str, width: int, height: int, mode: str, option: bool
) -> None:
    if (mode, picture_format) in {("1", "JPEG"), ("CMYK", "PNG"), ("CMYK", "BMP")}:
        mode = "RGB"
    file = BytesIO()
    Image.new(mode, (width, height)).save(file, picture_format, progressive=option, optimize=option)

    picture = ANY_SHAPE.examine(file, len(file.getvalue()))

    assert picture == Picture(picture_format, width, height, len(file.getvalue()))


@unhurried
@given(
    st.tuples(*[st.integers(MIN_SHORT_SIDE, 300)] * 2),
    st.integers(0, 10),
    st.sampled_from(["<", ">"]),
    st.text(max_size=50),
    st.one_of(st.just(b""), st.binary(min_size=1, max_size=100_000)),
)
def test_a_rotated_jpeg_is_as_pillow_shows_it(
    stored: tuple[int, int], orientation: int, byte_order: str, maker: str, profile: bytes
) -> None:
    exif_of_pillow = Image.Exif()
    exif_of_pillow.endian = byte_order
    exif_of_pillow[0x010F] = maker
    exif_of_pillow[0x0112] = orientation
    file = BytesIO()
    Image.new("RGB", stored).save(file, "JPEG", exif=exif_of_pillow, icc_profile=profile)
    with Image.open(file) as opened:
        shown = ImageOps.exif_transpose(opened)

    picture = ANY_SHAPE.examine(file, len(file.getvalue()))

    assert (picture.width, picture.height) == shown.size


@unhurried
@given(
    st.integers(MIN_SHORT_SIDE, 2000),
    st.integers(MIN_SHORT_SIDE, 2000),
    st.decimals(0, 1, places=3),
)
def test_the_shape_is_refused_exactly_beyond_the_tolerance(
    width: int, height: int, tolerance: Decimal
) -> None:
    decided = decision(png(width, height), 100, PictureRules(aspect_tolerance=tolerance))

    if abs(Decimal(width) / (Decimal(height) * 3 / 4) - 1) <= tolerance:
        assert decided == Picture("PNG", width, height, 100)
    else:
        assert isinstance(decided, PictureUnfit)
        assert decided.reason == "aspect_ratio"
