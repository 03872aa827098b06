"""The demo's images have the outcomes of their list: by our rules, and by a real decoder."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote_plus

import pytest
from PIL import Image, ImageOps

from liveness.errors import ImageRejectedError
from liveness.image_rules import ImageRules
from liveness.models import ImageHead, Outcome
from local.sample_images import SampleImage, write_sample_images

# Only the service, here the fake, can give these reasons.
REASONS_OF_THE_SERVICE = {"no_face"}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SampleImage]:
    written = write_sample_images(tmp_path_factory.mktemp("images"))
    by_key = {image.key: image for image in written}
    assert len(by_key) == len(written)
    return by_key


def rejection_of(path: Path) -> str | None:
    content = path.read_bytes()
    try:
        ImageRules().validate(ImageHead(len(content), None, lambda start, end: content[start:end]))
    except ImageRejectedError as rejected:
        return rejected.reason
    return None


def test_each_image_is_rejected_with_its_listed_reason_or_not_at_all(
    images: dict[str, SampleImage],
) -> None:
    found = {key: rejection_of(image.path) for key, image in images.items()}

    assert found == {
        key: None if image.reason in REASONS_OF_THE_SERVICE else image.reason
        for key, image in images.items()
    }


def test_every_outcome_of_a_working_service_is_listed(
    images: dict[str, SampleImage],
) -> None:
    outcomes = {image.outcome for image in images.values()}

    assert outcomes == {Outcome.LIVE, Outcome.NOT_LIVE, Outcome.RETAKE}


def test_retakes_and_only_retakes_have_a_reason(images: dict[str, SampleImage]) -> None:
    for image in images.values():
        assert (image.outcome is Outcome.RETAKE) == (image.reason is not None)


def test_names_begin_with_the_effect_of_their_outcome(
    images: dict[str, SampleImage],
) -> None:
    words = {Outcome.LIVE: "live", Outcome.NOT_LIVE: "spoof"}
    for key, image in images.items():
        name = key.rpartition("/")[2]
        if image.outcome in words:
            assert name.startswith(words[image.outcome])
        if image.reason == "no_face":
            assert name.startswith("no-face")


def test_one_key_has_every_kind_of_character_that_is_encoded(
    images: dict[str, SampleImage],
) -> None:
    assert any(
        " " in key and "+" in key and not key.isascii() and quote_plus(key) != key for key in images
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
def test_images_decode_completely_and_are_3_to_4_as_displayed(
    images: dict[str, SampleImage], key: str
) -> None:
    with Image.open(images[key].path) as image:
        image.load()
        width, height = ImageOps.exif_transpose(image).size

    assert width * 4 == height * 3


def test_the_image_of_a_phone_is_stored_in_landscape(images: dict[str, SampleImage]) -> None:
    with Image.open(images["selfies/live-phone.jpg"].path) as image:
        assert image.size == (800, 600)


def test_the_large_file_has_6_megabytes(images: dict[str, SampleImage]) -> None:
    assert images["selfies/6-megabytes.jpg"].path.stat().st_size == 6_000_000


def test_all_others_are_small(images: dict[str, SampleImage]) -> None:
    total = sum(image.path.stat().st_size for image in images.values())

    assert total < 6_500_000


def test_the_same_bytes_are_drawn_each_time(images: dict[str, SampleImage], tmp_path: Path) -> None:
    for again in write_sample_images(tmp_path / "again"):
        assert again.path.read_bytes() == images[again.key].path.read_bytes()
        assert again.path.name == images[again.key].path.name
