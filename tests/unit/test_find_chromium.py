"""Where there is no Chromium, its finder says so, and how to install it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.page.chromium import HOW_TO_INSTALL, Chromium, find_chromium, main


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch(0o755)


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_a_browser_is_found_with_its_driver(programs: Path, name: str) -> None:
    install(programs, name, "chromedriver")

    assert find_chromium() == Chromium(str(programs / name), str(programs / "chromedriver"))
    assert main() == 0


@pytest.mark.parametrize("names", [(), ("chromium",), ("chromedriver",)])
def test_one_without_the_other_is_none_and_the_last_line_says_what_to_do(
    programs: Path, names: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    install(programs, *names)

    assert find_chromium() is None
    assert main() == 1
    said = capsys.readouterr().err
    assert "did NOT run" in said
    assert said.endswith(f"{HOW_TO_INSTALL}\n")
