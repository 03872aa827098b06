"""JPEG: where the size and the rotation stand in the file, and what it costs to find them."""

from __future__ import annotations

from io import BytesIO

import pytest

from liveness.errors import PictureUnfit
from liveness.picture import FIRST_BYTES, FURTHEST_BYTES, PictureRules
from tests.fuzz.heads import SCAN, SOI, exif, jpeg, metadata, segment, sof

XMP = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")
JFIF = segment(0xE0, b"JFIF\0\x01\x01\x00\x00\x01\x00\x01\x00\x00")
EMPTY_EXIF = segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")


class CountedReads(BytesIO):
    """A file that notes the reads: (position, bytes asked for)."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reads: list[tuple[int, int | None]] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads.append((self.tell(), size))
        return super().read(size)


def sides(file: bytes) -> tuple[int, int]:
    picture = PictureRules(aspect_tolerance=None).examine(BytesIO(file), len(file))
    return picture.width, picture.height


def reason(file: bytes) -> str:
    with pytest.raises(PictureUnfit) as caught:
        PictureRules().examine(BytesIO(file), len(file))
    return caught.value.reason


@pytest.mark.parametrize("byte_order", ["II", "MM"])
@pytest.mark.parametrize("orientation", [1, 2, 3, 4])
def test_orientations_that_keep_the_sides_keep_them(orientation: int, byte_order: str) -> None:
    assert sides(jpeg(600, 800, exif(orientation, byte_order))) == (600, 800)


@pytest.mark.parametrize("byte_order", ["II", "MM"])
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_orientations_that_turn_the_picture_exchange_its_sides(
    orientation: int, byte_order: str
) -> None:
    assert sides(jpeg(800, 600, exif(orientation, byte_order))) == (600, 800)


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_orientations_that_do_not_exist_turn_nothing(orientation: int) -> None:
    assert sides(jpeg(600, 800, exif(orientation))) == (600, 800)


def test_a_landscape_that_is_upright_as_seen_is_a_selfie() -> None:
    file = jpeg(4000, 3000, exif(6))

    assert PictureRules().examine(BytesIO(file), len(file)).height == 4000


def test_an_upright_picture_that_is_a_landscape_as_seen_is_none() -> None:
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


def test_the_first_exif_counts_also_where_it_has_no_orientation() -> None:
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
def test_exif_that_makes_no_sense_turns_nothing(payload: bytes) -> None:
    assert sides(jpeg(600, 800, segment(0xE1, payload))) == (600, 800)


@pytest.mark.parametrize("marker", sorted(set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}))
def test_every_kind_of_jpeg_tells_its_size(marker: int) -> None:
    assert sides(SOI + sof(600, 800, marker) + SCAN) == (600, 800)


@pytest.mark.parametrize("marker", [0xC4, 0xC8, 0xCC])
def test_tables_among_the_size_markers_are_no_size(marker: int) -> None:
    assert sides(jpeg(600, 800, segment(marker, bytes(40)))) == (600, 800)


def test_a_thumbnails_size_is_not_the_pictures() -> None:
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
def test_the_usual_picture_takes_one_read(file: bytes) -> None:
    content = CountedReads(file)

    PictureRules().examine(content, len(file))

    assert content.reads == [(0, min(len(file), FIRST_BYTES))]


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(jpeg(800, 600, exif(6), metadata(200_000)), id="size far back"),
        pytest.param(jpeg(800, 600, metadata(200_000), exif(6)), id="size and EXIF far back"),
        pytest.param(jpeg(800, 600, after=metadata(80_000) + exif(6)), id="EXIF behind the size"),
        pytest.param(
            jpeg(800, 600, exif(6), metadata(FURTHEST_BYTES - 200)), id="as far as it goes"
        ),
    ],
)
def test_far_metadata_takes_one_read_more(file: bytes) -> None:
    content = CountedReads(file + bytes(2_000_000))

    picture = PictureRules().examine(content, 3_000_000)

    assert (picture.width, picture.height) == (600, 800)
    assert content.reads == [(0, FIRST_BYTES), (FIRST_BYTES, FURTHEST_BYTES - FIRST_BYTES)]


def test_no_more_is_asked_for_than_the_file_holds() -> None:
    file = jpeg(600, 800, metadata(100_000))
    content = CountedReads(file)

    PictureRules().examine(content, len(file))

    assert content.reads == [(0, FIRST_BYTES), (FIRST_BYTES, len(file) - FIRST_BYTES)]


@pytest.mark.parametrize("beyond", range(-24, 4))
def test_a_size_marker_across_the_end_of_the_first_read_is_found(beyond: int) -> None:
    file = jpeg(600, 800, metadata(FIRST_BYTES - len(SOI) + beyond))

    assert sides(file) == (600, 800)


@pytest.mark.parametrize("beyond", range(-44, 4, 3))
def test_an_orientation_across_the_end_of_the_first_read_is_found(beyond: int) -> None:
    file = jpeg(800, 600, metadata(FIRST_BYTES - len(SOI) + beyond), exif(6))

    assert sides(file) == (600, 800)


def test_a_size_marker_further_back_than_is_looked_has_a_reason_of_its_own() -> None:
    assert reason(jpeg(600, 800, metadata(FURTHEST_BYTES))) == "metadata_too_large"


def test_a_size_that_is_found_counts_though_the_metadata_behind_it_does_not_end() -> None:
    assert sides(jpeg(600, 800, after=metadata(FURTHEST_BYTES))) == (600, 800)


@pytest.mark.parametrize("length", [FIRST_BYTES + 1, FURTHEST_BYTES])
def test_a_file_that_ends_within_its_metadata_is_truncated(length: int) -> None:
    assert reason(jpeg(600, 800, metadata(FURTHEST_BYTES))[:length]) == "truncated_file"


def test_damage_near_the_start_is_not_searched_further() -> None:
    content = CountedReads(SOI + b"\xff\xe0\0\0" + bytes(200_000))

    with pytest.raises(PictureUnfit, match="damaged_file"):
        PictureRules().examine(content, 200_000)

    assert len(content.reads) == 1


def test_a_file_read_to_its_end_is_not_read_again() -> None:
    content = CountedReads(SOI + sof(600, 800))

    with pytest.raises(PictureUnfit, match="truncated_file"):
        PictureRules().examine(content, len(content.getvalue()))

    assert len(content.reads) == 1
