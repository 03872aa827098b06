"""Browsers, and the page with a cloud behind it; skipped where there is no Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from local.loopback import listen, serve
from local.page import WEB, page_application
from local.sample_images import ROBIN, draw_selfie
from tests.page.browser import Camera, CapturePage, run_browser, write_film
from tests.page.chromium import HOW_TO_INSTALL, Chromium, find_chromium

NO_API = "http://127.0.0.1:9"


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
