"""What DetectLiveFace accepts, rule by rule, and the reason and advice of each rejection."""

from __future__ import annotations

import base64
from decimal import Decimal
from io import BytesIO

import pytest

from liveness.errors import AwsServiceError, ImageRejectedError
from liveness.image_rules import ADVICE, MAX_BASE64_LENGTH, MAX_BYTES, ImageRules
from liveness.models import Image, ImageHead
from tests.fuzz.heads import SCAN, SOI, bmp, boxes, jpeg, png, segment, sof
from tests.unit.image_heads import reading

ANY_SHAPE = ImageRules(aspect_tolerance=None)


def validate(head: bytes, size: int | None = None, rules: ImageRules | None = None) -> Image:
    size = len(head) if size is None else size
    return (rules or ImageRules()).validate(ImageHead(size, None, reading(BytesIO(head))))


def rejection(
    head: bytes, size: int | None = None, rules: ImageRules | None = None
) -> ImageRejectedError:
    with pytest.raises(ImageRejectedError) as caught:
        validate(head, size, rules)
    assert caught.value.advice == ADVICE[caught.value.reason]
    return caught.value


class Unread(BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError(f"{size} bytes were read without need")


@pytest.mark.parametrize("head", [jpeg(), png(), bmp()], ids=["JPEG", "PNG", "BMP"])
def test_an_image_within_all_limits_is_described(head: bytes) -> None:
    image = validate(head)

    assert image.format in {"JPEG", "PNG", "BMP"}
    assert (image.width, image.height, image.size) == (600, 800, len(head))


def test_content_is_read_from_its_start_wherever_its_position_is() -> None:
    content = BytesIO(png())
    content.seek(50)

    assert ImageRules().validate(ImageHead(100, None, reading(content))).format == "PNG"


def test_an_empty_file_is_rejected_unread() -> None:
    with pytest.raises(ImageRejectedError) as caught:
        ImageRules().validate(ImageHead(0, None, reading(Unread())))

    assert caught.value.reason == "empty_file"


def test_content_without_bytes_is_rejected_as_empty_whatever_its_declared_size() -> None:
    assert rejection(b"", 100).reason == "empty_file"


def test_the_largest_file_is_the_largest_whose_base64_text_is_within_the_limit() -> None:
    assert len(base64.b64encode(bytes(MAX_BYTES))) == MAX_BASE64_LENGTH
    assert len(base64.b64encode(bytes(MAX_BYTES + 1))) > MAX_BASE64_LENGTH


def test_a_file_of_the_largest_size_is_accepted() -> None:
    assert validate(png(), MAX_BYTES).size == 3_750_000


def test_a_file_that_is_one_byte_larger_is_rejected_unread() -> None:
    with pytest.raises(ImageRejectedError) as caught:
        ImageRules().validate(ImageHead(MAX_BYTES + 1, None, reading(Unread())))

    assert caught.value.reason == "file_too_large"
    assert "3.75 MB" in caught.value.advice


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"GIF87a" + bytes(64), "format_gif"),
        (b"GIF89a" + bytes(64), "format_gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(64), "format_webp"),
        (boxes(b"heic", b"mif1", b"heic"), "format_heic"),
        (boxes(b"mif1", b"mif1", b"heic"), "format_heic"),
        (boxes(b"hevc"), "format_heic"),
        (boxes(b"avif", b"avif", b"mif1"), "format_avif"),
        (boxes(b"mif1", b"mif1", b"miaf", b"avif"), "format_avif"),
        (boxes(b"isom", b"mp42"), "format_video"),
        (boxes(b"qt  "), "format_video"),
        (b"\x1a\x45\xdf\xa3" + bytes(64), "format_video"),
        (b"RIFF\x10\0\0\0AVI LIST" + bytes(64), "format_video"),
        (b"II*\0" + bytes(64), "format_tiff"),
        (b"MM\0*" + bytes(64), "format_tiff"),
        (b"II+\0" + bytes(64), "format_tiff"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(64), "format_jpeg_2000"),
        (b"\xff\x4f\xff\x51" + bytes(64), "format_jpeg_2000"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(64), "format_jpeg_xl"),
        (b"\xff\x0a" + bytes(64), "format_jpeg_xl"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "format_pdf"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "format_svg"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn --><svg width="3"/>', "format_svg"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "format_text"),
        (b"A text.\r\n", "format_text"),
        ("Selfie: größe 自拍".encode(), "format_text"),
        ("Selfie".encode("utf-16"), "format_text"),
        (b"BMW is a maker of cars", "format_text"),
        (b"\xff\xd8", "truncated_file"),
        (b"x" * 1023 + "ö".encode(), "format_text"),
        (b"x" * 1024 + bytes(64), "format_text"),
        (b"\xe2\x28\xa1", "format_unknown"),
        (b"PK\x03\x04" + bytes(64), "format_unknown"),
        (b"BM" + bytes(64), "format_unknown"),
        (bytes(64), "format_unknown"),
    ],
)
def test_another_format_is_rejected_with_its_own_reason(head: bytes, reason: str) -> None:
    assert rejection(head).reason == reason


@pytest.mark.parametrize("length", range(1, len(SOI + sof(600, 800)) - 10))
def test_a_jpeg_that_ends_before_its_size_is_truncated(length: int) -> None:
    assert rejection(jpeg()[:length]).reason == "truncated_file"


def test_a_jpeg_that_ends_before_its_scan_is_truncated() -> None:
    assert rejection(SOI + sof(600, 800)).reason == "truncated_file"
    assert rejection(SOI + sof(600, 800) + segment(0xDB, bytes(65))).reason == "truncated_file"


@pytest.mark.parametrize("length", range(1, 26))
def test_a_png_that_ends_within_its_header_is_truncated(length: int) -> None:
    assert rejection(png()[:length]).reason == "truncated_file"


@pytest.mark.parametrize("length", range(6, 26))
def test_a_bmp_that_ends_within_its_header_is_truncated(length: int) -> None:
    assert rejection(bmp()[:length]).reason == "truncated_file"


def test_content_that_ends_before_its_declared_size_is_truncated() -> None:
    assert rejection(SOI + sof(600, 800), 100_000).reason == "truncated_file"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(jpeg(0, 800), id="JPEG without width"),
        pytest.param(jpeg(600, 0), id="JPEG without height"),
        pytest.param(SOI + SCAN, id="JPEG without size marker"),
        pytest.param(SOI + b"\xff\xe0\0\x01" + sof(600, 800) + SCAN, id="JPEG, segment below 2"),
        pytest.param(SOI + segment(0xC0, b"\x08") + SCAN, id="JPEG, size marker cut short"),
        pytest.param(png(0, 800), id="PNG without width"),
        pytest.param(png().replace(b"IHDR", b"IDAT"), id="PNG without header"),
        pytest.param(bmp(0, 800), id="BMP without width"),
        pytest.param(bmp(-600, 800), id="BMP from right to left"),
        pytest.param(bmp(600, 0), id="BMP without height"),
    ],
)
def test_an_invalid_header_is_damaged(head: bytes) -> None:
    assert rejection(head + bytes(64)).reason == "damaged_file"


@pytest.mark.parametrize(
    ("fitting", "exceeding"),
    [
        (jpeg(3000, 4000), jpeg(3000, 4001)),
        (jpeg(4000, 3000), jpeg(4001, 3000)),
        (png(1500, 2000), png(1500, 2001)),
        (png(2000, 1500), png(2001, 1500)),
        (bmp(1500, 2000), bmp(1500, 2001)),
        (bmp(2000, -1500), bmp(2001, -1500)),
    ],
)
def test_the_long_side_may_reach_its_formats_limit_and_no_more(
    fitting: bytes, exceeding: bytes
) -> None:
    validate(fitting, rules=ANY_SHAPE)

    error = rejection(exceeding, rules=ANY_SHAPE)
    assert error.reason == "resolution_too_large"
    assert error.image is not None


@pytest.mark.parametrize(
    ("fitting", "too_small"),
    [(jpeg(64, 85), jpeg(63, 84)), (png(85, 64), png(84, 63)), (bmp(64, -64), bmp(64, -63))],
)
def test_the_short_side_needs_64_pixels(fitting: bytes, too_small: bytes) -> None:
    assert min(validate(fitting, rules=ANY_SHAPE).width, 64) == 64

    error = rejection(too_small, rules=ANY_SHAPE)
    assert error.reason == "resolution_too_small"
    assert error.image is not None


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (3000, 4000),
        (2944, 3840),
        (2736, 3648),
        (2448, 3264),
        (2320, 3088),
        (2316, 3088),
        (1932, 2576),
        (1080, 1440),
        (480, 640),
        (413, 531),
        (500, 700),
        (601, 800),
        (600, 801),
        (64, 85),
        (64, 86),
    ],
)
def test_shapes_close_to_3_to_4_are_accepted(width: int, height: int) -> None:
    assert validate(jpeg(width, height)).width == width


@pytest.mark.parametrize(
    ("width", "height"),
    [(1080, 1920), (1284, 2778), (1000, 1500), (1080, 1350), (1080, 1080), (4000, 3000)],
    ids=["9:16", "a screen", "2:3", "4:5", "1:1", "4:3"],
)
def test_other_shapes_are_rejected_with_their_image(width: int, height: int) -> None:
    error = rejection(jpeg(width, height))

    assert error.reason == "aspect_ratio"
    assert error.image == Image("JPEG", width, height, len(jpeg()))


@pytest.mark.parametrize(("inside", "outside"), [(1425, 1424), (1575, 1576)])
def test_the_width_may_differ_by_a_twentieth_from_three_quarters_of_the_height(
    inside: int, outside: int
) -> None:
    assert validate(jpeg(inside, 2000)).width == inside
    assert rejection(jpeg(outside, 2000)).reason == "aspect_ratio"


def test_the_tolerance_can_be_set() -> None:
    exact = ImageRules(aspect_tolerance=Decimal(0))

    assert validate(jpeg(600, 800), rules=exact).height == 800
    assert rejection(jpeg(601, 800), rules=exact).reason == "aspect_ratio"


def test_without_a_tolerance_every_shape_is_accepted() -> None:
    assert validate(jpeg(4000, 64), rules=ANY_SHAPE).width == 4000


def test_a_12_megapixel_photo_has_the_right_shape_and_too_many_pixels() -> None:
    assert rejection(jpeg(3024, 4032)).reason == "resolution_too_large"


def test_a_bmp_may_have_its_rows_from_top_to_bottom() -> None:
    assert validate(bmp(600, -800)).height == 800


@pytest.mark.parametrize("header", [12, 16, 40, 52, 56, 64, 108, 124])
def test_every_header_of_a_bmp_is_read(header: int) -> None:
    image = validate(bmp(600, 800, header=header))

    assert (image.width, image.height) == (600, 800)


def test_os2s_first_header_has_unsigned_sides() -> None:
    assert rejection(bmp(40_000, 50_000, header=12)).reason == "resolution_too_large"


class Failing(BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise AwsServiceError("s3", "SlowDown")


def test_a_failure_to_read_is_no_verdict_on_the_image() -> None:
    with pytest.raises(AwsServiceError):
        ImageRules().validate(ImageHead(1000, None, reading(Failing())))
