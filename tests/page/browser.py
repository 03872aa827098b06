"""A headless Chromium with a fake camera, and the capture page in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.page.chromium import Chromium

# A phone's screen, in CSS pixels.
_SCREEN = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
_BLOCKED = 2
_PATIENCE_SECONDS = 60
_SCRIPT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Camera:
    """What the browser has for a camera: a film that is shown, or a person who refuses it."""

    film: Path | None

    @property
    def is_refused(self) -> bool:
        return self.film is None


def write_film(path: Path, picture: Image.Image) -> Path:
    """Write a Motion JPEG in which nothing moves; Chromium plays it again and again."""
    frame = BytesIO()
    picture.resize((960, 1280)).save(frame, "JPEG", quality=90)
    path.write_bytes(frame.getvalue() * 2)
    return path


@contextmanager
def run_browser(chromium: Chromium, camera: Camera, language: str = "en") -> Iterator[Chrome]:
    """Start a Chromium, which is stopped at the end of the block."""
    options = ChromeOptions()
    options.binary_location = chromium.browser
    preferences: dict[str, Any] = {"intl.accept_languages": language}
    for argument in (
        "--headless=new",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-dev-shm-usage",
        "--use-fake-device-for-media-stream",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ):
        options.add_argument(argument)
    if camera.is_refused:
        preferences["profile.default_content_setting_values.media_stream_camera"] = _BLOCKED
    else:
        options.add_argument("--use-fake-ui-for-media-stream")
        options.add_argument(f"--use-file-for-fake-video-capture={camera.film}")
    options.add_experimental_option("prefs", preferences)
    # Selenium would look for a driver of its own on the web.
    os.environ["SE_OFFLINE"] = "true"
    driver = Chrome(options, ChromeService(chromium.driver))
    driver.set_script_timeout(_SCRIPT_SECONDS)
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", _SCREEN)
    try:
        yield driver
    finally:
        driver.quit()


@dataclass(frozen=True, slots=True)
class CapturePage:
    """What a person sees of the page, and does with it."""

    driver: Chrome
    url: str

    def open(self, token: str | None = None, **fragment: str) -> None:
        """Load the page as an app does, with the token in the fragment."""
        values = ({"token": token} if token else {}) | fragment
        # From elsewhere: a change of the fragment alone loads nothing.
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}/#{'&'.join(f'{k}={v}' for k, v in values.items())}")
        self.wait_for("asking")

    @property
    def section(self) -> str:
        """The id of the section that is shown."""
        shown = self.driver.find_elements(By.CSS_SELECTOR, "main > section:not([hidden])")
        return ",".join(str(each.get_attribute("id")) for each in shown)

    def wait_for(self, *sections: str) -> None:
        """Wait until one of these is shown. A problem that is not waited for fails at once."""
        self.wait_until(lambda: self.section in (*sections, "problem"))
        assert self.section in sections, self.text("problem")

    def wait_until[T](self, condition: Callable[[], T]) -> T:
        """Wait until a condition holds, and return its value."""
        ignored = [StaleElementReferenceException]
        wait = WebDriverWait(self.driver, _PATIENCE_SECONDS, 0.05, ignored)
        return wait.until(lambda _driver: condition())

    def element(self, name: str) -> WebElement:
        return self.driver.find_element(By.ID, name)

    def text(self, name: str) -> str:
        return self.element(name).text

    def shows(self, name: str) -> bool:
        return self.element(name).is_displayed()

    def click(self, name: str) -> None:
        self.element(name).click()

    def start_camera(self) -> None:
        """Agree, and start the camera; ends at framing, or where a file is chosen."""
        self.click("agree")
        self.driver.find_element(By.CSS_SELECTOR, "#start button").click()
        self.wait_for("framing", "choosing")

    def take_picture(self) -> None:
        """Press the shutter once the camera shows something, and send what it took."""
        self.wait_until(lambda: self.run("return document.getElementById('video').videoWidth"))
        self.click("shutter")
        self.wait_for("review")
        self.click("send")

    def choose(self, file: Path) -> None:
        self.element("file").send_keys(str(file))

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page and return its value."""
        return self.driver.execute_script(script, *arguments)

    def call(self, module: str, expression: str, *arguments: Any) -> Any:
        """Import a module of the page as `m`, and return an expression's value, or its promise's.

        `a` in the expression has the arguments.
        """
        done = self.driver.execute_async_script(
            "const [path, a, done] = [arguments[0], arguments[1], arguments[2]];"
            f"import(path).then((m) => {expression})"
            ".then((value) => done({ value }), (error) => done({ error: String(error) }));",
            f"{self.url}/{module}",
            arguments,
        )
        if "error" in done:
            raise AssertionError(done["error"])
        return done["value"]
