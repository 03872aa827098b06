"""What the documents state is what the code and the template say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from jsonschema import Draft202012Validator

from liveness.aws.dynamodb import _HOUSEKEEPING
from liveness.errors import LivenessError, Unanswered
from liveness.picture import ADVICE

PROJECT = Path(__file__).parents[2]
README = PROJECT / "README.md"
MESSAGES = PROJECT / "docs" / "messages.md"
DOCUMENTS = [
    path
    for folder in (".", "docs", "events", "local", "tests")
    for path in sorted((PROJECT / folder).glob("*.md" if folder == "." else "**/*.md"))
]
PICTURES = sorted((PROJECT / "docs").glob("*.svg"))

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
_EMPTY = "*(empty)*"


class _Loader(yaml.SafeLoader):
    """Reads a template; what CloudFormation's functions make of it is not looked at."""


_Loader.add_multi_constructor("!", lambda *_: None)


def relative(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def section(document: Path, heading: str) -> str:
    """What stands under a heading, up to the next one of its level."""
    level = heading.partition(" ")[0]
    found = re.search(
        rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)",
        document.read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert found, f"{relative(document)} has no {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, its head left out, without their backquotes."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.split("|")[1:-1]] for line in lines[2:]]


def names(cells: str) -> list[str]:
    """Every `name` of a cell that may hold several."""
    return [name.strip(" `") for name in cells.split(",")]


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub gives to a document's headings."""
    prose = _FENCED.sub("", document.read_text())
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def examples() -> Iterator[tuple[str, Any]]:
    for document in (README, MESSAGES):
        for language, text in _FENCED.findall(document.read_text()):
            if language == "json":
                yield relative(document), json.loads(text)


@pytest.fixture(scope="module")
def template() -> Mapping[str, Any]:
    body: Mapping[str, Any] = _Loader((PROJECT / "template.yaml").read_text()).get_single_data()
    return body


@pytest.fixture(scope="module")
def schema() -> Mapping[str, Any]:
    body: Mapping[str, Any] = json.loads(
        (PROJECT / "events" / "announcement.schema.json").read_text()
    )
    return body


def test_the_readme_lists_every_parameter_with_its_default(template: Mapping[str, Any]) -> None:
    listed = {name: default for name, default, _ in rows(section(README, "## Parameters"))}

    assert listed == {
        name: str(parameter["Default"]) or _EMPTY
        for name, parameter in template["Parameters"].items()
    }


def test_the_readme_lists_every_output(template: Mapping[str, Any]) -> None:
    listed = [name for name, _ in rows(section(README, "## Outputs"))]

    assert listed == list(template["Outputs"])


def test_every_make_target_that_a_document_names_exists() -> None:
    targets = set(_TARGET.findall((PROJECT / "Makefile").read_text()))
    named = {
        (relative(document), target)
        for document in DOCUMENTS
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text(), re.MULTILINE)
    }

    assert {target for _, target in named} >= {"demo", "test"}
    assert {(document, target) for document, target in named if target not in targets} == set()


def test_the_readme_names_every_make_target() -> None:
    described = re.findall(r"^([a-z-]+):.*##", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    readme = README.read_text()

    assert [target for target in described if f"make {target}" not in readme] == ["help"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    broken = []
    for link in _LINK.findall(_FENCED.sub("", document.read_text())):
        if "://" in link:
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def test_every_file_that_the_readme_tells_the_story_by_exists() -> None:
    steps = rows(section(README, "## How it works"))
    folders = (PROJECT, PROJECT / "layers" / "liveness" / "liveness")
    files = [file for step in steps for file in names(step[-1])]

    assert files
    assert [file for file in files if not any((folder / file).exists() for folder in folders)] == []


def test_every_folder_that_the_readme_lists_exists() -> None:
    listed = [name for row in rows(section(README, "## What is where")) for name in names(row[0])]

    assert listed
    assert [name for name in listed if not (PROJECT / name).exists()] == []


def test_every_message_that_is_shown_keeps_the_schema(schema: Mapping[str, Any]) -> None:
    shown = list(examples())

    assert {document for document, _ in shown} == {"README.md", "docs/messages.md"}
    for _, message in shown:
        Draft202012Validator(schema).validate(message)


def test_the_facts_that_are_listed_are_those_of_the_schema(schema: Mapping[str, Any]) -> None:
    listed = [name for row in rows(section(MESSAGES, "## Facts")) for name in names(row[0])]

    assert {*listed, "schema_version"} == set(schema["properties"])
    assert len(listed) == len(set(listed))


def test_the_facts_that_are_always_there_are_those_that_the_schema_requires(
    schema: Mapping[str, Any],
) -> None:
    always = {row[0] for row in rows(section(MESSAGES, "## Facts")) if row[2] == "always"}

    assert {*always, "schema_version"} == set(schema["required"])


def test_what_a_row_holds_beside_the_facts_is_listed() -> None:
    of_rows, _ = section(MESSAGES, "## The row").split("| index |")

    assert {row[0] for row in rows(of_rows)} == _HOUSEKEEPING


def test_the_indexes_that_are_listed_are_those_of_the_table(template: Mapping[str, Any]) -> None:
    table = template["Resources"]["VerdictsTable"]["Properties"]
    own_keys = [key["AttributeName"] for key in table["KeySchema"]]
    _, of_indexes = section(MESSAGES, "## The row").split("| index ")
    listed = {row[0]: (names(row[1]), names(row[2])) for row in rows(f"| index {of_indexes}")}

    assert listed == {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            [*own_keys, *index["Projection"]["NonKeyAttributes"]],
        )
        for index in table["GlobalSecondaryIndexes"]
    }


def test_every_reason_of_the_picture_rules_is_listed() -> None:
    listed = rows(section(MESSAGES, "### Of `retake`, found before the call"))

    assert {reason for row in listed for reason in names(row[0])} == {*ADVICE, "picture_gone"}


def test_every_reason_of_an_upload_without_an_answer_is_listed() -> None:
    def kinds_of(error: type[LivenessError]) -> Iterator[type[LivenessError]]:
        yield error
        for kind in error.__subclasses__():
            yield from kinds_of(kind)

    reasons = {kind.reason for kind in kinds_of(Unanswered) if issubclass(kind, Unanswered)}
    listed = rows(section(MESSAGES, "### Of `failed`, and of a `no answer yet` in the log"))

    assert {row[0] for row in listed} == reasons - {Unanswered.reason}


@pytest.mark.parametrize("picture", PICTURES, ids=relative)
def test_a_picture_of_the_documents_loads_nothing_from_elsewhere(picture: Path) -> None:
    text = picture.read_text()

    assert set(re.findall(r"https?://[^\s\"')]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "<script" not in text
