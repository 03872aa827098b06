"""What the page finds wrong with a picture, and what it makes of one: its modules, in Chromium."""

from __future__ import annotations

from base64 import b64decode, b64encode
from io import BytesIO

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from liveness.image_rules import MAX_BYTES
from local.sample_images import AMARA, ROBIN, draw_selfie
from tests.page.browser import CapturePage

FAR, NEAR = {"x": 160, "width": 40}, {"x": 5, "width": 350}
IN_PLACE, ASIDE = {"x": 90, "width": 180}, {"x": 0, "width": 180}

# As the page itself does it with a chosen file; the picture is in `a[0]`, in base64.
BITMAP = "createImageBitmap(new Blob([Uint8Array.from(atob(a[0]), (c) => c.charCodeAt(0))]))"


def half_dark(selfie: Image.Image) -> Image.Image:
    dark = ImageEnhance.Brightness(selfie).enhance(0.4)
    return Image.composite(dark, selfie, left_half(selfie.size))


def left_half(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).rectangle((0, 0, size[0] // 2, size[1]), fill=255)
    return mask


def before_a_window(selfie: Image.Image) -> Image.Image:
    window = Image.new("RGB", selfie.size, "white")
    face = Image.new("L", selfie.size)
    ImageDraw.Draw(face).ellipse((120, 140, 480, 620), fill=255)
    return Image.composite(ImageEnhance.Brightness(selfie).enhance(0.3), window, face)


ROBIN_SELFIE = draw_selfie(*ROBIN)
PICTURES = {
    "light skin": (ROBIN_SELFIE, []),
    "dark skin": (draw_selfie(*AMARA), []),
    "dark": (ImageEnhance.Brightness(ROBIN_SELFIE).enhance(0.2), ["too_dark"]),
    "bright": (ImageOps.colorize(ROBIN_SELFIE.convert("L"), "#c8c8c8", "white"), ["too_bright"]),
    "half dark": (half_dark(ROBIN_SELFIE), ["uneven_light"]),
    "before a window": (before_a_window(ROBIN_SELFIE), ["backlight"]),
    "blurred": (ROBIN_SELFIE.filter(ImageFilter.GaussianBlur(12)), ["blurred"]),
}


def base64(picture: Image.Image, **options: object) -> str:
    file = BytesIO()
    picture.save(file, "JPEG", quality=95, **options)
    return b64encode(file.getvalue()).decode()


def encoded(page: CapturePage, picture: str, options: str = "") -> bytes:
    """What the page would send of a picture."""
    content = page.call(
        "picture.js",
        f"{BITMAP}.then((image) => m.encode(image{options})).then((blob) => blob.arrayBuffer())"
        ".then((bytes) => btoa(Array.from(new Uint8Array(bytes), (b) => String.fromCharCode(b))"
        ".join('')))",
        picture,
    )
    return b64decode(content)


@pytest.mark.parametrize("name", PICTURES)
def test_light_and_blur_are_found_and_the_colour_of_skin_is_not(
    files_page: CapturePage, name: str
) -> None:
    picture, findings = PICTURES[name]

    found = files_page.call(
        "camera.js", f"{BITMAP}.then((image) => m.examine(image))", base64(picture)
    )

    assert found == findings


@pytest.mark.parametrize(
    ("beta", "findings"),
    [
        (90, []),
        (70, []),
        (110, []),
        (60, ["tilted"]),
        (120, ["tilted"]),
        (0, ["tilted"]),
        (-90, ["tilted"]),
        (180, ["tilted"]),
        (None, []),
    ],
)
def test_a_phone_that_is_not_upright_is_tilted(
    files_page: CapturePage, beta: float | None, findings: list[str]
) -> None:
    assert files_page.call("checks.js", "m.checkTilt(a[0])", beta) == findings


@pytest.mark.parametrize(
    ("faces", "findings"),
    [
        ([IN_PLACE], []),
        ([], ["no_face_seen"]),
        ([IN_PLACE, FAR], ["several_faces"]),
        ([FAR], ["too_far"]),
        ([NEAR], ["too_near"]),
        ([ASIDE], ["off_centre"]),
    ],
)
def test_where_the_browser_detects_faces_there_must_be_one_in_its_place(
    files_page: CapturePage, faces: list[dict[str, int]], findings: list[str]
) -> None:
    assert files_page.call("checks.js", "m.checkFaces(a[0], 360)", faces) == findings


@pytest.mark.parametrize(
    ("size", "part"),
    [
        ((1920, 1080), {"x": 555, "y": 0, "width": 810, "height": 1080}),
        ((1080, 1920), {"x": 0, "y": 240, "width": 1080, "height": 1440}),
        ((300, 400), {"x": 0, "y": 0, "width": 300, "height": 400}),
    ],
)
def test_the_largest_upright_part_in_the_middle_is_sent(
    files_page: CapturePage, size: tuple[int, int], part: dict[str, int]
) -> None:
    assert files_page.call("picture.js", "m.crop(...a[0])", size) == part


def test_what_is_sent_is_an_upright_jpeg_without_metadata(files_page: CapturePage) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be rotated clockwise, as phones store an upright picture
    exif[0x010F] = "maker of the phone"
    lying = ROBIN_SELFIE.transpose(Image.Transpose.ROTATE_90)

    sent = Image.open(BytesIO(encoded(files_page, base64(lying, exif=exif))))

    assert (sent.format, sent.size) == ("JPEG", (1080, 1440))
    assert not sent.getexif()
    assert "exif" not in sent.info
    wall, jumper = sent.getpixel((540, 30)), sent.getpixel((540, 1400))
    assert isinstance(wall, tuple)
    assert isinstance(jumper, tuple)
    assert wall[0] > jumper[0]


def test_a_picture_that_is_too_large_is_sent_in_a_lower_quality(files_page: CapturePage) -> None:
    noise = Image.effect_noise((900, 1200), 120).convert("RGB")
    limit = len(encoded(files_page, base64(noise))) // 2

    smaller = encoded(files_page, base64(noise), f", {limit}")

    assert len(smaller) <= limit
    assert Image.open(BytesIO(smaller)).size == (1080, 1440)


def test_the_largest_file_is_that_of_the_image_rules(files_page: CapturePage) -> None:
    assert files_page.call("picture.js", "m.MAX_BYTES") == MAX_BYTES


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [(["zh-CN", "en"], "zh"), (["de", "en-GB", "zh"], "en"), (["de"], "en"), ([], "en")],
)
def test_the_language_is_the_first_of_the_browsers_that_there_is(
    files_page: CapturePage, wanted: list[str], chosen: str
) -> None:
    assert files_page.call("view.js", "m.preferred(['en', 'zh'], a[0])", wanted) == chosen
