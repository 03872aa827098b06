"""The demo's pictures are what their list says: by our rules, and by a real decoder."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from PIL import Image, ImageOps

from liveness.errors import PictureUnfit
from liveness.model import Outcome
from liveness.picture import PictureRules
from local.pictures import DemoPicture, draw

# What only the service, here the stand-in, can find.
FOUND_BY_THE_SERVICE = {"no_face"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DemoPicture]:
    drawn = draw(tmp_path_factory.mktemp("pictures"))
    by_key = {picture.key: picture for picture in drawn}
    assert len(by_key) == len(drawn)
    return by_key


def refusal_of(path: Path) -> str | None:
    content = path.read_bytes()
    try:
        PictureRules().examine(BytesIO(content), len(content))
    except PictureUnfit as unfit:
        return unfit.reason
    return None


def test_every_picture_is_refused_for_the_reason_listed_or_not_at_all(
    pictures: dict[str, DemoPicture],
) -> None:
    found = {key: refusal_of(picture.path) for key, picture in pictures.items()}

    assert found == {
        key: None if picture.reason in FOUND_BY_THE_SERVICE else picture.reason
        for key, picture in pictures.items()
    }


def test_every_outcome_that_a_good_service_gives_is_shown(
    pictures: dict[str, DemoPicture],
) -> None:
    outcomes = {picture.outcome for picture in pictures.values()}

    assert outcomes == {Outcome.LIVE, Outcome.NOT_LIVE, Outcome.RETAKE}


def test_a_reason_is_listed_exactly_for_retakes(pictures: dict[str, DemoPicture]) -> None:
    for picture in pictures.values():
        assert (picture.outcome is Outcome.RETAKE) == (picture.reason is not None)


def test_names_begin_with_the_word_that_the_stand_in_answers_by(
    pictures: dict[str, DemoPicture],
) -> None:
    words = {Outcome.LIVE: "live", Outcome.NOT_LIVE: "spoof"}
    for key, picture in pictures.items():
        name = key.rpartition("/")[2]
        if picture.outcome in words:
            assert name.startswith(words[picture.outcome])
        if picture.reason == "no_face":
            assert name.startswith("no-face")


def test_one_key_has_all_that_urls_and_events_encode(pictures: dict[str, DemoPicture]) -> None:
    assert any(
        " " in key and "+" in key and not key.isascii() and quote_plus(key) != key
        for key in pictures
    )


@pytest.mark.parametrize(
    "key",
    [
        "selfies/live.jpg",
        "selfies/live.png",
        "selfies/live.bmp",
        "selfies/live-phone.jpg",
        "selfies/spoof.jpg",
        "selfies/no-face.jpg",
        "selfies/6-megabytes.jpg",
    ],
)
def test_pictures_decode_to_the_end_and_are_3_to_4_as_seen(
    pictures: dict[str, DemoPicture], key: str
) -> None:
    with Image.open(pictures[key].path) as picture:
        picture.load()
        width, height = ImageOps.exif_transpose(picture).size

    assert width * 4 == height * 3


def test_the_phones_picture_is_stored_lying(pictures: dict[str, DemoPicture]) -> None:
    with Image.open(pictures["selfies/live-phone.jpg"].path) as picture:
        assert picture.size == (800, 600)


def test_the_large_file_has_6_megabytes(pictures: dict[str, DemoPicture]) -> None:
    assert pictures["selfies/6-megabytes.jpg"].path.stat().st_size == 6_000_000


def test_all_others_are_small(pictures: dict[str, DemoPicture]) -> None:
    total = sum(picture.path.stat().st_size for picture in pictures.values())

    assert total < 6_500_000


def test_the_same_bytes_are_drawn_each_time(
    pictures: dict[str, DemoPicture], tmp_path: Path
) -> None:
    for again in draw(tmp_path / "again"):
        assert again.path.read_bytes() == pictures[again.key].path.read_bytes()
        assert again.path.name == pictures[again.key].path.name
