"""docs/app.md says of each problem of the API what an app does about it."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).parents[3]


def documented_codes() -> set[str]:
    """Every code in the table of problems."""
    page = (PROJECT / "docs" / "app.md").read_text()
    rows = re.findall(r"^\| (?:\d{3}|5xx) \| (.+?) \|", page, re.MULTILINE)
    return {code for row in rows for code in re.findall(r"`(\w+)`", row)}


def codes_of_problems() -> set[str]:
    """Every code that the API answers but for a path that it does not have."""
    source = (PROJECT / "functions/upload_api/problems.py").read_text()
    codes = set(re.findall(r'HTTPStatus\.\w+,\s*"(\w+)"', source))
    assert len(codes) > 5
    return codes - {"not_found"}


def test_the_page_has_every_code_and_no_other() -> None:
    assert documented_codes() == codes_of_problems()
