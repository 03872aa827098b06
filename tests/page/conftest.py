"""Browsers, and the page with a cloud behind it; skipped where there is no Chromium."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from local.cloud import LocalCloud
from local.loopback import listen, serve
from local.page import WEB, page_application
from local.phone import Phone
from local.sample_images import ROBIN, SampleImage, draw_selfie, write_sample_images
from local.upload_api import LocalUploadApi
from tests.marked import DOCS
from tests.page.browser import Camera, CapturePage, run_browser, write_film
from tests.page.chromium import HOW_TO_INSTALL, Chromium, find_chromium

NO_API = "http://127.0.0.1:9"
TEXTS: Any = json.loads((WEB / "texts.json").read_text())
# Set, the screenshots of the documents are made anew.
SCREENSHOTS = "PAGE_SCREENSHOTS"

type Photographer = Callable[[CapturePage, str], None]


@dataclass(frozen=True, slots=True)
class Picture:
    """An object of the upload bucket."""

    content: bytes
    content_type: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Site:
    """The page at `url`, and the cloud behind it."""

    url: str
    cloud: LocalCloud
    api: LocalUploadApi

    def service_answers(self, effect: str | None) -> None:
        """Let DetectLiveFace answer every picture in this way; None for `live`."""
        rules = [{"effect": effect}] if effect else []
        self.cloud.detectliveface.control.set_rules(*rules)

    def keys(self) -> set[str]:
        """The keys of everything in the upload bucket."""
        s3 = self.cloud.client("s3")
        listed = s3.list_objects_v2(Bucket=self.cloud.upload_bucket).get("Contents", ())
        return {each["Key"] for each in listed}

    def picture(self, key: str) -> Picture:
        found = self.cloud.client("s3").get_object(Bucket=self.cloud.upload_bucket, Key=key)
        with found["Body"] as body:
            return Picture(body.read(), found["ContentType"], found["Metadata"])


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    found = find_chromium()
    if found is None:
        pytest.skip(f"no Chromium: {HOW_TO_INSTALL}")
    return found


@pytest.fixture(scope="session")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Camera:
    """A camera in front of which a person sits, who is drawn."""
    film = tmp_path_factory.mktemp("camera") / "selfie.mjpeg"
    return Camera(write_film(film, draw_selfie(*ROBIN)))


@pytest.fixture(scope="session")
def browser(chromium: Chromium, camera: Camera) -> Iterator[Chrome]:
    with run_browser(chromium, camera) as driver:
        yield driver


@pytest.fixture(scope="session")
def refusing_browser(chromium: Chromium) -> Iterator[Chrome]:
    """The browser of a person who does not let the page use the camera."""
    with run_browser(chromium, Camera(None)) as driver:
        yield driver


@pytest.fixture(scope="session")
def files_url() -> Iterator[str]:
    """The page without an API behind it."""
    listener, url = listen()
    with serve(page_application(WEB, NO_API), listener):
        yield url


@pytest.fixture
def files_page(browser: Chrome, files_url: str) -> CapturePage:
    page = CapturePage(browser, files_url)
    page.open("no-token")
    return page


@pytest.fixture(scope="session")
def site(
    chromium: Chromium, web_app: tuple[socket.socket, str], api_cloud: LocalCloud
) -> Iterator[Site]:
    (listener, url), api = web_app, api_cloud.upload_api
    assert api is not None
    # The tests of the API serve from it too; serving closes what it gets.
    with serve(page_application(WEB, api.url), listener.dup()):
        yield Site(url, api_cloud, api)


@pytest.fixture(autouse=True)
def _service_answers_live(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "site" in request.fixturenames:
        request.getfixturevalue("site").service_answers(None)


@pytest.fixture
def phone(site: Site, request: pytest.FixtureRequest) -> Phone:
    """A person of their own for each test: attempts are counted by person."""
    return Phone(site.api.url, site.api.token(request.node.name))


@pytest.fixture
def page(browser: Chrome, site: Site, phone: Phone) -> CapturePage:
    page = CapturePage(browser, site.url)
    page.open(phone.token)
    return page


@pytest.fixture
def refused_page(refusing_browser: Chrome, site: Site, phone: Phone) -> CapturePage:
    page = CapturePage(refusing_browser, site.url)
    page.open(phone.token)
    return page


@pytest.fixture(scope="session")
def sample_images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SampleImage]:
    images = write_sample_images(tmp_path_factory.mktemp("images"))
    return {image.key.rpartition("/")[2]: image for image in images}


@pytest.fixture
def photographer(tmp_path: Path) -> Photographer:
    folder = DOCS if SCREENSHOTS in os.environ else tmp_path

    def photograph(page: CapturePage, name: str) -> None:
        assert page.driver.save_screenshot(str(folder / f"page-{name}.png"))

    return photograph
