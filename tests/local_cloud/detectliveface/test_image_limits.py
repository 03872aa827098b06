"""Every documented limit of an image, by URL and inline."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from io import BytesIO

import pytest
from PIL import Image

from .caller import Caller
from .image_host import ImageHost, Page, image

UNDECODABLE = "FailedOperation.ImageDecodeFailed"
LARGEST = 3_750_000


def gif() -> bytes:
    return image(kind="GIF")


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
    "jpeg": image(),
    "png": image(kind="PNG"),
    "bmp": image(kind="BMP"),
    "a phone's two-in-one": mpo(),
    "widest jpeg": image(4000, 64),
    "highest jpeg": image(64, 4000),
    "widest png": image(2000, 64, "PNG"),
    "highest bmp": image(64, 2000, "BMP"),
    "smallest": image(64, 64),
    "largest": image(size=LARGEST),
    "landscape": image(160, 120),
}
REFUSED = {
    "too large": (image(size=LARGEST + 1), "FailedOperation.ImageSizeExceed"),
    "much too large": (image(size=6_000_000), "FailedOperation.ImageSizeExceed"),
    "too wide jpeg": (image(4001, 64), "FailedOperation.ImageResolutionExceed"),
    "too high jpeg": (image(64, 4001), "FailedOperation.ImageResolutionExceed"),
    "too wide png": (image(2001, 64, "PNG"), "FailedOperation.ImageResolutionExceed"),
    "too high bmp": (image(64, 2001, "BMP"), "FailedOperation.ImageResolutionExceed"),
    "too narrow": (image(63, 90), "FailedOperation.ImageResolutionTooSmall"),
    "too low": (image(90, 63, "PNG"), "FailedOperation.ImageResolutionTooSmall"),
    "gif": (gif(), UNDECODABLE),
    "webp": (image(kind="WEBP"), UNDECODABLE),
    "tiff": (image(kind="TIFF"), UNDECODABLE),
    "text": (b"no picture at all", UNDECODABLE),
    "only the head": (noise(300, 400)[:700], UNDECODABLE),
    "half": (noise(300, 400)[:20_000], UNDECODABLE),
    "damaged png": (image(300, 400, "PNG").replace(b"IDAT", b"IDAT\xff\xff"), UNDECODABLE),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_image_within_the_limits_is_accepted(
    caller: Caller, image_host: ImageHost, name: str
) -> None:
    inline = b64encode(ACCEPTED[name]).decode()
    assert caller.error_code({"Url": image_host.put(f"live {name}", ACCEPTED[name])}) is None
    assert caller.error_code({"Image": inline}) is None


@pytest.mark.parametrize("name", REFUSED)
def test_an_image_beyond_a_limit_is_refused(
    caller: Caller, image_host: ImageHost, name: str
) -> None:
    content, code = REFUSED[name]
    assert caller.error_code({"Url": image_host.put(f"live {name}", content)}) == code
    assert caller.error_code({"Image": b64encode(content).decode()}) == code


def test_an_empty_file_is_an_empty_image(caller: Caller, image_host: ImageHost) -> None:
    assert (
        caller.error_code({"Url": image_host.put("live.jpg", b"")})
        == "InvalidParameterValue.ImageEmpty"
    )


@pytest.mark.parametrize(
    "text",
    [
        "data:image/jpeg;base64," + b64encode(image()).decode(),
        urlsafe_b64encode(b"\xff\xff\xff" + image()).decode(),
        b64encode(image()).decode() + "\n",
        "A",
        "\u81ea",
    ],
)
def test_inline_images_are_strict_base64(caller: Caller, text: str) -> None:
    assert caller.error_code({"Image": text}) == UNDECODABLE


@pytest.mark.parametrize(
    "page",
    [
        Page(b"gone", 404),
        Page(b"<Error><Code>AccessDenied</Code></Error>", 403),
        Page(b"", 302, {"Location": "/uploads/selfies/live.jpg"}),
        Page(image(), 206),
        Page(image(), headers={"Content-Length": "100000", "Connection": "close"}),
    ],
    ids=["missing", "forbidden", "moved", "partial", "cut off"],
)
def test_anything_but_a_complete_200_is_a_failed_download(
    caller: Caller, image_host: ImageHost, page: Page
) -> None:
    image_host.put("live.jpg")
    code = caller.error_code({"Url": image_host.put("live-elsewhere.jpg", page)})
    assert code == "FailedOperation.ImageDownloadError"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/live.jpg", "http://nowhere.invalid/live.jpg", "http://a..b/live.jpg"],
)
def test_an_unreachable_host_is_a_failed_download(caller: Caller, url: str) -> None:
    assert caller.error_code({"Url": url}) == "FailedOperation.ImageDownloadError"


def test_https_to_a_host_without_tls_is_a_failed_download(
    caller: Caller, image_host: ImageHost
) -> None:
    url = image_host.put("live.jpg").replace("http:", "https:")
    assert caller.error_code({"Url": url}) == "FailedOperation.ImageDownloadError"


def test_the_url_is_requested_as_it_was_sent(caller: Caller, image_host: ImageHost) -> None:
    url = image_host.put("live a+b \u81ea\u62cd.jpg")
    assert caller.error_code({"Url": url}) is None
    assert image_host.url + image_host.targets[-1] == url
