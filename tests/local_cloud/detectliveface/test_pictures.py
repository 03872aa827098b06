"""Every limit that the document sets to a picture, by address and inline."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from io import BytesIO

import pytest
from PIL import Image

from .album import Album, Page, picture
from .caller import Caller

UNDECODABLE = "FailedOperation.ImageDecodeFailed"
LARGEST = 3_750_000


def gif() -> bytes:
    return picture(kind="GIF")


def mpo() -> bytes:
    content = BytesIO()
    first, second = (Image.new("RGB", (90, 120), colour) for colour in ("peru", "tan"))
    first.save(content, "MPO", save_all=True, append_images=[second])
    return content.getvalue()


def noise(width: int, height: int) -> bytes:
    content = BytesIO()
    Image.effect_noise((width, height), 80).save(content, "JPEG")
    return content.getvalue()


ACCEPTED = {
    "jpeg": picture(),
    "png": picture(kind="PNG"),
    "bmp": picture(kind="BMP"),
    "a phone's two-in-one": mpo(),
    "widest jpeg": picture(4000, 64),
    "highest jpeg": picture(64, 4000),
    "widest png": picture(2000, 64, "PNG"),
    "highest bmp": picture(64, 2000, "BMP"),
    "smallest": picture(64, 64),
    "largest": picture(size=LARGEST),
    "landscape": picture(160, 120),
}
REFUSED = {
    "too large": (picture(size=LARGEST + 1), "FailedOperation.ImageSizeExceed"),
    "much too large": (picture(size=6_000_000), "FailedOperation.ImageSizeExceed"),
    "too wide jpeg": (picture(4001, 64), "FailedOperation.ImageResolutionExceed"),
    "too high jpeg": (picture(64, 4001), "FailedOperation.ImageResolutionExceed"),
    "too wide png": (picture(2001, 64, "PNG"), "FailedOperation.ImageResolutionExceed"),
    "too high bmp": (picture(64, 2001, "BMP"), "FailedOperation.ImageResolutionExceed"),
    "too narrow": (picture(63, 90), "FailedOperation.ImageResolutionTooSmall"),
    "too low": (picture(90, 63, "PNG"), "FailedOperation.ImageResolutionTooSmall"),
    "gif": (gif(), UNDECODABLE),
    "webp": (picture(kind="WEBP"), UNDECODABLE),
    "tiff": (picture(kind="TIFF"), UNDECODABLE),
    "text": (b"no picture at all", UNDECODABLE),
    "only the head": (noise(300, 400)[:700], UNDECODABLE),
    "half": (noise(300, 400)[:20_000], UNDECODABLE),
    "damaged png": (picture(300, 400, "PNG").replace(b"IDAT", b"IDAT\xff\xff"), UNDECODABLE),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_picture_within_the_limits_is_judged(caller: Caller, album: Album, name: str) -> None:
    inline = b64encode(ACCEPTED[name]).decode()
    assert caller.code({"Url": album.put(f"live {name}", ACCEPTED[name])}) is None
    assert caller.code({"Image": inline}) is None


@pytest.mark.parametrize("name", REFUSED)
def test_a_picture_beyond_a_limit_is_refused(caller: Caller, album: Album, name: str) -> None:
    content, code = REFUSED[name]
    assert caller.code({"Url": album.put(f"live {name}", content)}) == code
    assert caller.code({"Image": b64encode(content).decode()}) == code


def test_an_empty_file_is_an_empty_image(caller: Caller, album: Album) -> None:
    assert caller.code({"Url": album.put("live.jpg", b"")}) == "InvalidParameterValue.ImageEmpty"


@pytest.mark.parametrize(
    "text",
    [
        "data:image/jpeg;base64," + b64encode(picture()).decode(),
        urlsafe_b64encode(b"\xff\xff\xff" + picture()).decode(),
        b64encode(picture()).decode() + "\n",
        "A",
        "\u81ea",
    ],
)
def test_inline_pictures_are_plain_base64(caller: Caller, text: str) -> None:
    assert caller.code({"Image": text}) == UNDECODABLE


@pytest.mark.parametrize(
    "page",
    [
        Page(b"gone", 404),
        Page(b"<Error><Code>AccessDenied</Code></Error>", 403),
        Page(b"", 302, {"Location": "/uploads/selfies/live.jpg"}),
        Page(picture(), 206),
        Page(picture(), promised=100_000, headers={"Connection": "close"}),
    ],
    ids=["missing", "forbidden", "moved", "partial", "cut off"],
)
def test_whatever_is_no_whole_answer_is_a_failed_download(
    caller: Caller, album: Album, page: Page
) -> None:
    album.put("live.jpg")
    code = caller.code({"Url": album.put("live-elsewhere.jpg", page)})
    assert code == "FailedOperation.ImageDownloadError"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/live.jpg", "http://nowhere.invalid/live.jpg", "http://a..b/live.jpg"],
)
def test_a_host_that_cannot_be_reached_is_a_failed_download(caller: Caller, url: str) -> None:
    assert caller.code({"Url": url}) == "FailedOperation.ImageDownloadError"


def test_a_host_without_tls_is_no_https_host(caller: Caller, album: Album) -> None:
    url = album.put("live.jpg").replace("http:", "https:")
    assert caller.code({"Url": url}) == "FailedOperation.ImageDownloadError"


def test_the_address_is_asked_for_as_it_was_given(caller: Caller, album: Album) -> None:
    url = album.put("live a+b \u81ea\u62cd.jpg")
    assert caller.code({"Url": url}) is None
    assert album.url + album.asked[-1] == url
