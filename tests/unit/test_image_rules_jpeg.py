"""JPEG: where the size and the orientation are in the file, and how many reads find them."""

from __future__ import annotations

from io import BytesIO

import pytest

from liveness.errors import ImageRejectedError
from liveness.image_rules import FIRST_BYTES, MAX_HEAD_BYTES, ImageRules
from liveness.models import Image, ImageHead
from tests.fuzz.heads import SCAN, SOI, exif, jpeg, metadata, segment, sof
from tests.unit.image_heads import reading

XMP = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")
JFIF = segment(0xE0, b"JFIF\0\x01\x01\x00\x00\x01\x00\x01\x00\x00")
EMPTY_EXIF = segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")


class CountedReads(BytesIO):
    """A file that records its reads: (position, bytes requested)."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reads: list[tuple[int, int | None]] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads.append((self.tell(), size))
        return super().read(size)


def validate(content: BytesIO, size: int, rules: ImageRules | None = None) -> Image:
    return (rules or ImageRules()).validate(ImageHead(size, None, reading(content)))


def sides(file: bytes) -> tuple[int, int]:
    image = validate(BytesIO(file), len(file), ImageRules(aspect_tolerance=None))
    return image.width, image.height


def reason(file: bytes) -> str:
    with pytest.raises(ImageRejectedError) as caught:
        validate(BytesIO(file), len(file))
    return caught.value.reason


@pytest.mark.parametrize("byte_order", ["II", "MM"])
@pytest.mark.parametrize("orientation", [1, 2, 3, 4])
def test_orientations_that_keep_the_sides_keep_them(orientation: int, byte_order: str) -> None:
    assert sides(jpeg(600, 800, exif(orientation, byte_order))) == (600, 800)


@pytest.mark.parametrize("byte_order", ["II", "MM"])
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_orientations_that_rotate_the_image_exchange_its_sides(
    orientation: int, byte_order: str
) -> None:
    assert sides(jpeg(800, 600, exif(orientation, byte_order))) == (600, 800)


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_undefined_orientations_keep_the_sides(orientation: int) -> None:
    assert sides(jpeg(600, 800, exif(orientation))) == (600, 800)


def test_a_landscape_that_a_viewer_shows_upright_is_accepted() -> None:
    file = jpeg(4000, 3000, exif(6))

    assert validate(BytesIO(file), len(file)).height == 4000


def test_an_upright_image_that_a_viewer_shows_as_a_landscape_is_rejected() -> None:
    assert reason(jpeg(3000, 4000, exif(6))) == "aspect_ratio"


@pytest.mark.parametrize(
    "before",
    [
        pytest.param((JFIF, exif(6)), id="after JFIF"),
        pytest.param((XMP, exif(6)), id="after XMP"),
        pytest.param((metadata(5000), XMP, JFIF, exif(6)), id="after several"),
        pytest.param((exif(6), exif(1)), id="the first of two"),
        pytest.param((exif(6), EMPTY_EXIF), id="before EXIF without it"),
        pytest.param((exif(6), segment(0xE1, b"Exif\0\0" + bytes(9000))), id="in a long EXIF"),
        pytest.param((exif(6, others=40),), id="behind other fields"),
        pytest.param((b"\xff\xff\xff" + exif(6),), id="after fill bytes"),
    ],
)
def test_the_orientation_is_found(before: tuple[bytes, ...]) -> None:
    assert sides(jpeg(800, 600, *before)) == (600, 800)


def test_the_first_exif_counts_also_without_an_orientation() -> None:
    assert sides(jpeg(600, 800, EMPTY_EXIF, exif(6))) == (600, 800)


@pytest.mark.parametrize(
    "payload",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0XX*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\x01",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0",
    ],
)
def test_invalid_exif_rotates_nothing(payload: bytes) -> None:
    assert sides(jpeg(600, 800, segment(0xE1, payload))) == (600, 800)


@pytest.mark.parametrize("marker", sorted(set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}))
def test_the_size_of_every_kind_of_jpeg_is_read(marker: int) -> None:
    assert sides(SOI + sof(600, 800, marker) + SCAN) == (600, 800)


@pytest.mark.parametrize("marker", [0xC4, 0xC8, 0xCC])
def test_tables_among_the_size_markers_are_no_size(marker: int) -> None:
    assert sides(jpeg(600, 800, segment(marker, bytes(40)))) == (600, 800)


def test_the_size_of_a_thumbnail_is_not_that_of_the_image() -> None:
    thumbnail = segment(0xE1, b"Exif\0\0" + jpeg(120, 160))

    assert sides(jpeg(600, 800, thumbnail)) == (600, 800)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(jpeg(), id="bare"),
        pytest.param(jpeg(600, 800, exif(1), metadata(40_000)), id="with metadata"),
        pytest.param(jpeg() + bytes(200_000), id="long"),
    ],
)
def test_a_usual_image_needs_one_read(file: bytes) -> None:
    content = CountedReads(file)

    validate(content, len(file))

    assert content.reads == [(0, min(len(file), FIRST_BYTES))]


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(jpeg(800, 600, exif(6), metadata(200_000)), id="size far back"),
        pytest.param(jpeg(800, 600, metadata(200_000), exif(6)), id="size and EXIF far back"),
        pytest.param(jpeg(800, 600, after=metadata(80_000) + exif(6)), id="EXIF behind the size"),
        pytest.param(jpeg(800, 600, exif(6), metadata(MAX_HEAD_BYTES - 200)), id="up to the limit"),
    ],
)
def test_long_metadata_needs_one_more_read(file: bytes) -> None:
    content = CountedReads(file + bytes(2_000_000))

    image = validate(content, 3_000_000)

    assert (image.width, image.height) == (600, 800)
    assert content.reads == [(0, FIRST_BYTES), (FIRST_BYTES, MAX_HEAD_BYTES - FIRST_BYTES)]


def test_no_more_bytes_are_requested_than_the_file_has() -> None:
    file = jpeg(600, 800, metadata(100_000))
    content = CountedReads(file)

    validate(content, len(file))

    assert content.reads == [(0, FIRST_BYTES), (FIRST_BYTES, len(file) - FIRST_BYTES)]


@pytest.mark.parametrize("beyond", range(-24, 4))
def test_a_size_marker_across_the_end_of_the_first_read_is_found(beyond: int) -> None:
    file = jpeg(600, 800, metadata(FIRST_BYTES - len(SOI) + beyond))

    assert sides(file) == (600, 800)


@pytest.mark.parametrize("beyond", range(-44, 4, 3))
def test_an_orientation_across_the_end_of_the_first_read_is_found(beyond: int) -> None:
    file = jpeg(800, 600, metadata(FIRST_BYTES - len(SOI) + beyond), exif(6))

    assert sides(file) == (600, 800)


def test_a_size_marker_beyond_the_limit_has_its_own_reason() -> None:
    assert reason(jpeg(600, 800, metadata(MAX_HEAD_BYTES))) == "metadata_too_large"


def test_a_size_that_is_found_counts_even_if_the_metadata_behind_it_is_endless() -> None:
    assert sides(jpeg(600, 800, after=metadata(MAX_HEAD_BYTES))) == (600, 800)


@pytest.mark.parametrize("length", [FIRST_BYTES + 1, MAX_HEAD_BYTES])
def test_a_file_that_ends_within_its_metadata_is_truncated(length: int) -> None:
    assert reason(jpeg(600, 800, metadata(MAX_HEAD_BYTES))[:length]) == "truncated_file"


def test_damage_near_the_start_ends_the_search() -> None:
    content = CountedReads(SOI + b"\xff\xe0\0\0" + bytes(200_000))

    with pytest.raises(ImageRejectedError, match="damaged_file"):
        validate(content, 200_000)

    assert len(content.reads) == 1


def test_a_file_that_was_read_to_its_end_is_not_read_again() -> None:
    content = CountedReads(SOI + sof(600, 800))

    with pytest.raises(ImageRejectedError, match="truncated_file"):
        validate(content, len(content.getvalue()))

    assert len(content.reads) == 1
