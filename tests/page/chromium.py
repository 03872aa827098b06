"""Where this machine has a Chromium and its driver: ``python -m tests.page.chromium``.

It prints nothing where there are both, else how to install them, and fails. It needs nothing but
Python's standard library: CI runs it before anything is installed.
"""

import shutil
import sys
from dataclasses import dataclass

HOW_TO_INSTALL = "apt-get install chromium chromium-driver"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Chromium:
    """Paths of the browser and of the driver, which are of the same version."""

    browser: str
    driver: str


def find_chromium() -> "Chromium | None":
    """Find both on the PATH."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    driver = shutil.which("chromedriver")
    return Chromium(browser, driver) if browser and driver else None


def main() -> int:
    """Say what is missing, and how to get it."""
    if find_chromium():
        return 0
    sys.stderr.write(
        "The tests of the capture page did NOT run: there is no Chromium with its driver here. "
        f"To have them run: {HOW_TO_INSTALL}\n"
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
