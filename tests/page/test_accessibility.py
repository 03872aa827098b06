"""The page for everybody: axe-core in each state and language, keyboard, focus, reduced motion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_selenium_python import Axe
from PIL import Image
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from local.sample_images import ROBIN, draw_selfie
from tests.page.browser import Camera, CapturePage, run_browser, write_film
from tests.page.chromium import Chromium
from tests.page.conftest import TEXTS, Site

LANGUAGES = ["en", "zh"]


def violations(page: CapturePage) -> dict[str, list[str]]:
    """What axe-core finds: the elements by rule."""
    axe = Axe(page.driver)
    axe.inject()
    found = axe.run()["violations"]
    return {each["id"]: [node["html"] for node in each["nodes"]] for each in found}


def speak(page: CapturePage, language: str) -> None:
    page.run(
        "const s = document.getElementById('language'); s.value = arguments[0];"
        "s.dispatchEvent(new Event('change'))",
        language,
    )
    assert page.run("return document.documentElement.lang") == language


def show(page: CapturePage, section: str) -> None:
    """Show a section without the way to it."""
    page.run(
        "document.querySelectorAll('section').forEach((s) => (s.hidden = s.id !== arguments[0]));"
        "document.querySelectorAll('h1:empty').forEach((h) => (h.textContent = 'A heading'))",
        section,
    )


def test_axe_finds_a_control_without_a_name(files_page: CapturePage) -> None:
    files_page.run("document.querySelector('label[for=language]').remove()")

    assert list(violations(files_page)) == ["select-name"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_the_way_to_an_answer(
    page: CapturePage, site: Site, language: str
) -> None:
    site.service_answers("no-face")
    speak(page, language)
    assert violations(page) == {}, page.section
    page.start_camera()
    assert violations(page) == {}, page.section
    page.wait_until(lambda: page.run("return document.getElementById('video').videoWidth"))
    page.click("shutter")
    page.wait_for("review")
    assert violations(page) == {}, page.section
    page.click("send")
    page.wait_for("answer")

    assert violations(page) == {}, page.section


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_where_the_camera_or_the_session_is_missing(
    refusing_browser: Chrome, files_url: str, selfie_file: Path, language: str
) -> None:
    page = CapturePage(refusing_browser, files_url)
    page.open()
    speak(page, language)
    page.driver.find_element("css selector", "#start button").click()
    page.wait_until(lambda: page.text("consent-error"))
    assert violations(page) == {}, page.section
    page.start_camera()
    page.wait_for("choosing")
    assert violations(page) == {}, page.section
    page.choose(selfie_file)
    page.wait_for("review")
    page.click("send")
    page.wait_for("problem")

    assert violations(page) == {}, page.section


@pytest.mark.parametrize("section", ["sending", "waiting"])
def test_axe_finds_nothing_while_the_person_waits(files_page: CapturePage, section: str) -> None:
    show(files_page, section)

    assert violations(files_page) == {}


@pytest.mark.parametrize("section", ["asking", "framing", "review", "answer", "problem"])
def test_axe_finds_nothing_on_a_dark_screen(files_page: CapturePage, section: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    files_page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        show(files_page, section)

        assert violations(files_page) == {}
    finally:
        files_page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture
def selfie_file(tmp_path: Path) -> Path:
    path = tmp_path / "selfie.png"
    draw_selfie(*ROBIN).save(path)
    return path


def test_the_keyboard_is_enough(files_page: CapturePage) -> None:
    page = files_page

    def press(*keys: str) -> None:
        page.driver.switch_to.active_element.send_keys(*keys)

    def focused() -> str:
        return page.driver.switch_to.active_element.get_attribute("id") or ""

    press(Keys.TAB)
    assert focused() == "agree"
    press(Keys.SPACE)
    press(Keys.TAB)
    press(Keys.ENTER)
    page.wait_for("framing")
    press(Keys.TAB)
    assert focused() == "shutter"
    page.wait_until(lambda: page.run("return document.getElementById('video').videoWidth"))
    press(Keys.SPACE)
    page.wait_for("review")
    press(Keys.TAB)

    assert focused() == "send"


def test_each_state_moves_the_focus_to_its_heading_and_names_the_page_by_it(
    files_page: CapturePage,
) -> None:
    for section in ("asking", "framing"):
        if section == "framing":
            files_page.start_camera()
        heading = files_page.driver.switch_to.active_element

        assert heading.tag_name == "h1"
        assert files_page.driver.title == heading.text != ""
        assert files_page.section == section


def test_without_consent_the_camera_stays_off(files_page: CapturePage) -> None:
    files_page.driver.find_element("css selector", "#start button").click()
    files_page.wait_until(lambda: files_page.text("consent-error") == "Please agree first.")

    assert files_page.section == "asking"
    assert files_page.driver.switch_to.active_element.get_attribute("id") == "agree"
    assert files_page.element("agree").get_attribute("aria-invalid") == "true"


@pytest.fixture
def dark_page(chromium: Chromium, files_url: str, tmp_path: Path) -> Iterator[CapturePage]:
    film = write_film(tmp_path / "dark.mjpeg", Image.new("RGB", (600, 800), (20, 20, 24)))
    with run_browser(chromium, Camera(film), "zh-CN,zh") as driver:
        page = CapturePage(driver, files_url)
        page.open("no-token")
        yield page


def test_a_hint_is_shown_and_announced_before_the_shutter_in_the_persons_language(
    dark_page: CapturePage,
) -> None:
    dark_page.start_camera()
    dark_page.wait_until(lambda: dark_page.text("hint") == TEXTS["page"]["too_dark"]["zh"])

    assert dark_page.element("hint").aria_role == "status"
    assert dark_page.element("shutter").is_enabled()


def test_with_reduced_motion_nothing_moves(files_page: CapturePage) -> None:
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    files_page.run("document.getElementById('waiting').hidden = false")
    working = files_page.driver.find_element("css selector", ".working")
    assert working.is_displayed()
    try:
        files_page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

        assert not working.is_displayed()
    finally:
        files_page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_camera_goes_out_once_the_picture_is_taken(files_page: CapturePage) -> None:
    files_page.start_camera()
    files_page.wait_until(
        lambda: files_page.run("return document.getElementById('video').videoWidth")
    )
    files_page.run("window.track = document.getElementById('video').srcObject.getTracks()[0]")

    files_page.click("shutter")
    files_page.wait_for("review")

    assert files_page.run("return window.track.readyState") == "ended"
