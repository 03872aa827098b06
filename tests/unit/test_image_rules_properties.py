"""Any bytes are a valid image or rejected with a reason, and sizes agree with Pillow's.

`pytest -p tests.fuzz.thorough` tries thousands of each.
"""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageOps

from liveness.errors import ImageRejectedError
from liveness.image_rules import ADVICE, MAX_BYTES, MAX_LONG_SIDE, MIN_SHORT_SIDE, ImageRules
from liveness.models import Image, ImageHead
from tests.fuzz.heads import bmp, exif, jpeg, metadata, png, segment, sof
from tests.unit.image_heads import reading

ANY_SHAPE = ImageRules(aspect_tolerance=None)

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


def validated(
    content: bytes, size: int, rules: ImageRules = ANY_SHAPE
) -> Image | ImageRejectedError:
    try:
        return rules.validate(ImageHead(size, None, reading(BytesIO(content))))
    except ImageRejectedError as error:
        return error


def assert_valid_or_rejected(content: bytes, size: int) -> None:
    """An image within every limit, or a documented rejection; no other exception."""
    match validated(content, size):
        case ImageRejectedError() as error:
            assert error.advice == ADVICE[error.reason]
        case Image() as image:
            assert min(image.width, image.height) >= MIN_SHORT_SIDE
            assert max(image.width, image.height) <= MAX_LONG_SIDE[image.format]
            assert image.size == size


@given(st.binary(max_size=400), st.integers(-1, MAX_BYTES + 1))
def test_any_bytes_are_valid_or_rejected(content: bytes, size: int) -> None:
    assert_valid_or_rejected(content, size)


@given(signatures, st.binary(max_size=400))
def test_any_bytes_after_a_signature_are_valid_or_rejected(
    signature: bytes, content: bytes
) -> None:
    assert_valid_or_rejected(signature + content, len(signature + content))


@given(damaged_heads())
def test_any_damaged_head_is_valid_or_rejected(content: bytes) -> None:
    assert_valid_or_rejected(content, len(content))


@given(damaged_heads(), st.integers(1, MAX_BYTES))
def test_any_head_with_any_declared_size_is_valid_or_rejected(content: bytes, size: int) -> None:
    assert_valid_or_rejected(content, size)


@given(
    st.sampled_from(["JPEG", "PNG", "BMP"]),
    st.integers(MIN_SHORT_SIDE, 300),
    st.integers(MIN_SHORT_SIDE, 300),
    st.sampled_from(["1", "L", "RGB", "CMYK"]),
    st.booleans(),
)
def test_files_of_pillow_have_the_size_that_pillow_reports(
    image_format: str, width: int, height: int, mode: str, option: bool
) -> None:
    if (mode, image_format) in {("1", "JPEG"), ("CMYK", "PNG"), ("CMYK", "BMP")}:
        mode = "RGB"
    file = BytesIO()
    PillowImage.new(mode, (width, height)).save(
        file, image_format, progressive=option, optimize=option
    )

    content = file.getvalue()

    assert validated(content, len(content)) == Image(image_format, width, height, len(content))


@given(
    st.tuples(*[st.integers(MIN_SHORT_SIDE, 300)] * 2),
    st.integers(0, 10),
    st.sampled_from(["<", ">"]),
    st.text(max_size=50),
    st.one_of(st.just(b""), st.binary(min_size=1, max_size=100_000)),
)
def test_a_rotated_jpeg_has_the_size_that_pillow_shows(
    stored: tuple[int, int], orientation: int, byte_order: str, maker: str, profile: bytes
) -> None:
    exif_of_pillow = PillowImage.Exif()
    exif_of_pillow.endian = byte_order
    exif_of_pillow[0x010F] = maker
    exif_of_pillow[0x0112] = orientation
    file = BytesIO()
    PillowImage.new("RGB", stored).save(file, "JPEG", exif=exif_of_pillow, icc_profile=profile)
    with PillowImage.open(file) as opened:
        shown = ImageOps.exif_transpose(opened)

    image = validated(file.getvalue(), len(file.getvalue()))

    assert isinstance(image, Image)
    assert (image.width, image.height) == shown.size


@given(
    st.integers(MIN_SHORT_SIDE, 2000),
    st.integers(MIN_SHORT_SIDE, 2000),
    st.decimals(0, 1, places=3),
)
def test_shapes_are_rejected_exactly_beyond_the_tolerance(
    width: int, height: int, tolerance: Decimal
) -> None:
    result = validated(png(width, height), 100, ImageRules(aspect_tolerance=tolerance))

    if abs(Decimal(width) / (Decimal(height) * 3 / 4) - 1) <= tolerance:
        assert result == Image("PNG", width, height, 100)
    else:
        assert isinstance(result, ImageRejectedError)
        assert result.reason == "aspect_ratio"
