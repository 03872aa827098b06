"""What DetectLiveFace accepts, rule by rule, and what every refusal says."""

from __future__ import annotations

import base64
import re
from decimal import Decimal
from io import BytesIO

import pytest

from liveness.errors import PictureUnfit, StorageFault
from liveness.model import Picture
from liveness.picture import ADVICE, MAX_BASE64_LENGTH, MAX_BYTES, PictureRules
from tests.fuzz.heads import SCAN, SOI, bmp, boxes, jpeg, png, segment, sof

ANY_SHAPE = PictureRules(aspect_tolerance=None)


def examine(head: bytes, size: int | None = None, rules: PictureRules | None = None) -> Picture:
    return (rules or PictureRules()).examine(BytesIO(head), len(head) if size is None else size)


def refusal(
    head: bytes, size: int | None = None, rules: PictureRules | None = None
) -> PictureUnfit:
    with pytest.raises(PictureUnfit) as caught:
        examine(head, size, rules)
    assert caught.value.advice == ADVICE[caught.value.reason]
    return caught.value


class Unread(BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError(f"{size} bytes were read for nothing")


@pytest.mark.parametrize("head", [jpeg(), png(), bmp()], ids=["JPEG", "PNG", "BMP"])
def test_a_picture_within_all_limits_is_described(head: bytes) -> None:
    picture = examine(head)

    assert picture.format in {"JPEG", "PNG", "BMP"}
    assert (picture.width, picture.height, picture.size) == (600, 800, len(head))


def test_content_is_examined_from_its_start_wherever_it_stands() -> None:
    content = BytesIO(png())
    content.seek(50)

    assert PictureRules().examine(content, 100).format == "PNG"


def test_an_empty_file_is_refused_unread() -> None:
    with pytest.raises(PictureUnfit) as caught:
        PictureRules().examine(Unread(), 0)

    assert caught.value.reason == "empty_file"


def test_content_that_turns_out_empty_is_refused_as_empty() -> None:
    assert refusal(b"", 100).reason == "empty_file"


def test_the_largest_file_is_the_largest_whose_base64_text_is_within_the_limit() -> None:
    assert len(base64.b64encode(bytes(MAX_BYTES))) == MAX_BASE64_LENGTH
    assert len(base64.b64encode(bytes(MAX_BYTES + 1))) > MAX_BASE64_LENGTH


def test_a_file_of_the_largest_size_is_accepted() -> None:
    assert examine(png(), MAX_BYTES).size == 3_750_000


def test_a_file_one_byte_larger_is_refused_unread() -> None:
    with pytest.raises(PictureUnfit) as caught:
        PictureRules().examine(Unread(), MAX_BYTES + 1)

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
def test_what_is_no_jpeg_png_or_bmp_is_named_for_what_it_is(head: bytes, reason: str) -> None:
    assert refusal(head).reason == reason


@pytest.mark.parametrize("length", range(1, len(SOI + sof(600, 800)) - 10))
def test_a_jpeg_that_ends_before_its_size_is_truncated(length: int) -> None:
    assert refusal(jpeg()[:length]).reason == "truncated_file"


def test_a_jpeg_that_ends_before_its_scan_is_truncated() -> None:
    assert refusal(SOI + sof(600, 800)).reason == "truncated_file"
    assert refusal(SOI + sof(600, 800) + segment(0xDB, bytes(65))).reason == "truncated_file"


@pytest.mark.parametrize("length", range(1, 26))
def test_a_png_that_ends_within_its_header_is_truncated(length: int) -> None:
    assert refusal(png()[:length]).reason == "truncated_file"


@pytest.mark.parametrize("length", range(6, 26))
def test_a_bmp_that_ends_within_its_header_is_truncated(length: int) -> None:
    assert refusal(bmp()[:length]).reason == "truncated_file"


def test_content_that_ends_before_its_declared_size_is_truncated() -> None:
    assert refusal(SOI + sof(600, 800), 100_000).reason == "truncated_file"


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
def test_a_header_that_makes_no_sense_is_damaged(head: bytes) -> None:
    assert refusal(head + bytes(64)).reason == "damaged_file"


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
    examine(fitting, rules=ANY_SHAPE)

    unfit = refusal(exceeding, rules=ANY_SHAPE)
    assert unfit.reason == "resolution_too_large"
    assert unfit.picture is not None


@pytest.mark.parametrize(
    ("fitting", "falling_short"),
    [(jpeg(64, 85), jpeg(63, 84)), (png(85, 64), png(84, 63)), (bmp(64, -64), bmp(64, -63))],
)
def test_the_short_side_needs_64_pixels(fitting: bytes, falling_short: bytes) -> None:
    assert min(examine(fitting, rules=ANY_SHAPE).width, 64) == 64

    unfit = refusal(falling_short, rules=ANY_SHAPE)
    assert unfit.reason == "resolution_too_small"
    assert unfit.picture is not None


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
def test_what_people_call_3_to_4_is_accepted(width: int, height: int) -> None:
    assert examine(jpeg(width, height)).width == width


@pytest.mark.parametrize(
    ("width", "height"),
    [(1080, 1920), (1284, 2778), (1000, 1500), (1080, 1350), (1080, 1080), (4000, 3000)],
    ids=["9:16", "a screen", "2:3", "4:5", "1:1", "4:3"],
)
def test_other_shapes_are_refused_with_their_picture(width: int, height: int) -> None:
    unfit = refusal(jpeg(width, height))

    assert unfit.reason == "aspect_ratio"
    assert unfit.picture == Picture("JPEG", width, height, len(jpeg()))


@pytest.mark.parametrize(("inside", "outside"), [(1425, 1424), (1575, 1576)])
def test_the_width_may_be_a_twentieth_off_three_quarters_of_the_height(
    inside: int, outside: int
) -> None:
    assert examine(jpeg(inside, 2000)).width == inside
    assert refusal(jpeg(outside, 2000)).reason == "aspect_ratio"


def test_the_tolerance_can_be_set() -> None:
    exact = PictureRules(aspect_tolerance=Decimal(0))

    assert examine(jpeg(600, 800), rules=exact).height == 800
    assert refusal(jpeg(601, 800), rules=exact).reason == "aspect_ratio"


def test_without_a_tolerance_every_shape_is_accepted() -> None:
    assert examine(jpeg(4000, 64), rules=ANY_SHAPE).width == 4000


def test_a_12_megapixel_photo_has_the_right_shape_and_too_many_pixels() -> None:
    assert refusal(jpeg(3024, 4032)).reason == "resolution_too_large"


def test_a_bmp_may_keep_its_rows_from_top_to_bottom() -> None:
    assert examine(bmp(600, -800)).height == 800


@pytest.mark.parametrize("header", [12, 16, 40, 52, 56, 64, 108, 124])
def test_every_header_of_a_bmp_is_read(header: int) -> None:
    picture = examine(bmp(600, 800, header=header))

    assert (picture.width, picture.height) == (600, 800)


def test_os2s_first_header_has_unsigned_sides() -> None:
    assert refusal(bmp(40_000, 50_000, header=12)).reason == "resolution_too_large"


class Failing(BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise StorageFault("s3", "SlowDown")


def test_a_failure_to_read_is_no_verdict_on_the_picture() -> None:
    with pytest.raises(StorageFault):
        PictureRules().examine(Failing(), 1000)


@pytest.mark.parametrize(("reason", "advice"), ADVICE.items())
def test_every_advice_is_one_sentence_under_a_stable_code(reason: str, advice: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", reason)
    assert re.fullmatch(r"[A-Z].*[^.]\.", advice)
    assert ". " not in advice


def test_the_codes_of_refusals_do_not_change() -> None:
    assert set(ADVICE) == {
        "aspect_ratio",
        "damaged_file",
        "empty_file",
        "file_too_large",
        "format_avif",
        "format_gif",
        "format_heic",
        "format_jpeg_2000",
        "format_jpeg_xl",
        "format_pdf",
        "format_svg",
        "format_text",
        "format_tiff",
        "format_unknown",
        "format_video",
        "format_webp",
        "metadata_too_large",
        "resolution_too_large",
        "resolution_too_small",
        "truncated_file",
    }
