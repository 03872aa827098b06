"""docs/advice.json and web/texts.json have every reason that an app can get, in every language."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liveness import image_rules
from liveness.errors import LeaseHeldError, LeaseLostError, NoVerdictError
from liveness.tencent import error_codes
from tests.unit.test_documents import PROJECT

LAYER = PROJECT / "layers" / "liveness" / "liveness"
ADVICE: Any = json.loads((PROJECT / "docs" / "advice.json").read_text())
TEXTS: Any = json.loads((PROJECT / "web" / "texts.json").read_text())
SCHEMA: Any = json.loads((PROJECT / "events" / "notification.schema.json").read_text())
LANGUAGES = {"en", "zh"}
_REJECTION = "ImageRejectedError"
# docs/messages.md: these are in the log only.
_LOGGED = {LeaseHeldError, LeaseLostError}


def written_out(path: Path) -> Iterator[tuple[str, str]]:
    """Reason and advice where a module has both as literals: in a rejection, or as constants."""
    constants = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == _REJECTION:
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if len(texts) == len(node.args) == 2:
                yield str(texts[0]), str(texts[1])
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            constants[ast.unparse(node.targets[0])] = str(node.value.value)
    if constants.keys() >= {"REASON", "ADVICE"}:
        yield constants["REASON"], constants["ADVICE"]


def rejections() -> dict[str, str]:
    """Each reason of a retake, and its advice in English."""
    literal = dict(pair for path in LAYER.rglob("*.py") for pair in written_out(path))
    return {**image_rules.ADVICE, **error_codes.ADVICE, **literal}


def failures(error: type[NoVerdictError] = NoVerdictError) -> set[str]:
    """Each reason of a failed upload."""
    below = {reason for each in error.__subclasses__() for reason in failures(each)}
    return below | (set() if error in {NoVerdictError, *_LOGGED} else {error.reason})


def test_a_reason_that_is_written_out_where_it_is_raised_is_found() -> None:
    assert rejections()["picture_gone"].startswith("The picture was removed")


def test_the_advice_in_english_is_that_of_the_notification() -> None:
    english = {reason: texts["en"] for reason, texts in ADVICE["reasons"].items()}

    assert {reason: english.get(reason) for reason in rejections()} == rejections()


def test_every_reason_of_a_failed_upload_has_a_text() -> None:
    assert "service_fault" in failures()
    assert failures() - ADVICE["reasons"].keys() == set()


def test_no_text_is_about_a_reason_that_does_not_exist() -> None:
    assert ADVICE["reasons"].keys() - rejections().keys() - failures() == set()


def test_the_version_is_that_of_the_notification() -> None:
    version = SCHEMA["properties"]["schema_version"]["const"]

    assert (ADVICE["version"], TEXTS["version"]) == (version, version)


def test_the_page_shows_the_same_texts() -> None:
    assert TEXTS["reasons"] == ADVICE["reasons"]


@pytest.mark.parametrize("part", ["page", "reasons"])
def test_every_text_is_there_in_every_language(part: str) -> None:
    assert set(TEXTS["languages"]) >= LANGUAGES
    incomplete = [
        key
        for key, texts in TEXTS[part].items()
        if set(texts) != set(TEXTS["languages"]) or not all(map(str.strip, texts.values()))
    ]

    assert incomplete == []


def test_chinese_is_written_in_chinese() -> None:
    texts = [*TEXTS["page"].items(), *TEXTS["reasons"].items()]
    without = [key for key, text in texts if not any("一" <= each <= "鿿" for each in text["zh"])]

    assert without == ["percent"]


def test_no_text_of_the_page_has_the_name_of_a_reason() -> None:
    assert TEXTS["page"].keys() & TEXTS["reasons"].keys() == set()
