"""The documents agree with the code and the template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from botocore.exceptions import ClientError
from jsonschema import Draft202012Validator

from liveness.aws.dynamodb import DynamoDBVerdicts
from liveness.errors import LivenessError, NoVerdictError
from liveness.image_rules import ADVICE
from liveness.models import Lease, Outcome, Verdict
from liveness.verdict_record import to_public_record
from tests.unit.use_case import DECIDED_AT, UPLOAD

PROJECT = Path(__file__).parents[2]
README = PROJECT / "README.md"
MESSAGES = PROJECT / "docs" / "messages.md"
DOCUMENTS = [
    path
    for folder in (".", "docs", "events", "local", "tests", "web")
    for path in sorted((PROJECT / folder).glob("*.md" if folder == "." else "**/*.md"))
]
PICTURES = sorted((PROJECT / "docs").glob("*.svg"))

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
_FILE = re.compile(r"`([\w./-]+(?:/|\.(?:py|csv|json|yaml|toml|md)))`")
_EMPTY = "*(empty)*"
# What makes a viewer of an SVG load something: references, except to parts of the file itself.
_LOADS = re.compile(
    r"""(?:href|src)\s*=\s*["'](?!\#|data:)|url\(\s*["']?(?!\#|["']?\#)|@import|<script|<!ENTITY""",
    re.IGNORECASE,
)


class _Loader(yaml.SafeLoader):
    """Reads a template; CloudFormation's functions become None."""


_Loader.add_multi_constructor("!", lambda *_: None)


def relative(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def section(document: Path, heading: str) -> str:
    """The text under a heading, up to the next one of its level."""
    level = heading.partition(" ")[0]
    found = re.search(
        rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)",
        document.read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert found, f"{relative(document)} has no {heading!r}"
    return found[1]


def tables(text: str) -> list[list[list[str]]]:
    """The rows of each table, without its head; cells have no backquotes around them."""
    found = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    return [
        [
            [cell.strip().strip("`") for cell in line.split("|")[1:-1]]
            for line in table.splitlines()[2:]
        ]
        for table in found
    ]


def rows(text: str) -> list[list[str]]:
    """The rows of the first table."""
    return tables(text)[0]


def names(cells: str) -> list[str]:
    """Every `name` of a cell that may hold several."""
    return [name.strip(" `") for name in cells.split(",")]


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub gives to a document's headings."""
    prose = _FENCED.sub("", document.read_text())
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def examples() -> Iterator[tuple[str, Any]]:
    """The notifications that are shown; other JSON is policies."""
    for document in (README, MESSAGES):
        for language, text in _FENCED.findall(document.read_text()):
            if language == "json" and "Statement" not in (shown := json.loads(text)):
                yield relative(document), shown


@pytest.fixture(scope="module")
def template() -> Mapping[str, Any]:
    body: Mapping[str, Any] = _Loader((PROJECT / "template.yaml").read_text()).get_single_data()
    return body


@pytest.fixture(scope="module")
def schema() -> Mapping[str, Any]:
    body: Mapping[str, Any] = json.loads(
        (PROJECT / "events" / "notification.schema.json").read_text()
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


def test_every_make_target_in_a_document_exists() -> None:
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
def test_every_relative_link_has_a_target(document: Path) -> None:
    broken = []
    for link in _LINK.findall(_FENCED.sub("", document.read_text())):
        if "://" in link:
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def test_every_file_in_the_readmes_steps_exists() -> None:
    steps = rows(section(README, "## How it works"))
    folders = (PROJECT, PROJECT / "layers" / "liveness" / "liveness")
    files = [file for step in steps for file in names(step[-1])]

    assert files
    assert [file for file in files if not any((folder / file).exists() for folder in folders)] == []


def test_every_file_and_folder_in_the_readmes_index_exists() -> None:
    folders = (PROJECT, PROJECT / "layers" / "liveness" / "liveness")
    named = _FILE.findall(section(README, "## Where to find things"))

    assert len(named) > 30
    assert [name for name in named if not any((folder / name).exists() for folder in folders)] == []


def test_every_example_is_valid_by_the_schema(schema: Mapping[str, Any]) -> None:
    shown = list(examples())

    assert {document for document, _ in shown} == {"README.md", "docs/messages.md"}
    for _, message in shown:
        Draft202012Validator(schema).validate(message)


def test_the_listed_fields_are_those_of_the_schema(schema: Mapping[str, Any]) -> None:
    listed = [name for row in rows(section(MESSAGES, "## Record fields")) for name in names(row[0])]

    assert {*listed, "schema_version"} == set(schema["properties"])
    assert len(listed) == len(set(listed))


def test_the_fields_that_are_always_present_are_those_that_the_schema_requires(
    schema: Mapping[str, Any],
) -> None:
    always = {row[0] for row in rows(section(MESSAGES, "## Record fields")) if row[2] == "always"}

    assert {*always, "schema_version"} == set(schema["required"])


class DynamoDBInMemory:
    """Collects the names of all attributes that are written."""

    exceptions = SimpleNamespace(ConditionalCheckFailedException=ClientError)

    def __init__(self) -> None:
        self.attributes: set[str] = set()

    def put_item(self, **request: Any) -> dict[str, Any]:
        self.attributes |= set(request["Item"])
        return {}

    def update_item(self, **request: Any) -> None:
        self.attributes |= set(re.findall(r"(\w+) =", request["UpdateExpression"]))


def test_the_attributes_of_an_item_beside_its_record_are_listed() -> None:
    dynamodb: Any = DynamoDBInMemory()
    table = DynamoDBVerdicts(dynamodb, "verdicts", timedelta(days=1), lambda: datetime.now(UTC))
    verdict = Verdict(UPLOAD, Outcome.LIVE, DECIDED_AT, picture_digest="00")
    lease = table.acquire_lease(UPLOAD, timedelta(minutes=1))
    assert isinstance(lease, Lease)
    table.save(lease, verdict)
    table.mark_published(verdict)
    table.release_lease(lease)

    of_items = rows(section(MESSAGES, "## The item"))

    assert {row[0] for row in of_items} == dynamodb.attributes - set(to_public_record(verdict))


def test_the_listed_indexes_are_those_of_the_table(template: Mapping[str, Any]) -> None:
    table = template["Resources"]["VerdictsTable"]["Properties"]
    own_keys = [key["AttributeName"] for key in table["KeySchema"]]
    _, of_indexes = tables(section(MESSAGES, "## The item"))
    listed = {row[0]: (names(row[1]), names(row[2])) for row in of_indexes}

    assert listed == {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            [*own_keys, *index["Projection"]["NonKeyAttributes"]],
        )
        for index in table["GlobalSecondaryIndexes"]
    }


def test_every_reason_of_the_image_rules_is_listed() -> None:
    listed = rows(section(MESSAGES, "### Of `retake`, found before the call"))

    assert {reason for row in listed for reason in names(row[0])} == {*ADVICE, "picture_gone"}


def test_every_reason_of_an_upload_without_a_verdict_is_listed() -> None:
    def tree(error: type[LivenessError]) -> Iterator[type[LivenessError]]:
        yield error
        for kind in error.__subclasses__():
            yield from tree(kind)

    reasons = {kind.reason for kind in tree(NoVerdictError) if issubclass(kind, NoVerdictError)}
    listed = rows(section(MESSAGES, "### Of `failed`, and of `no verdict yet` in the log"))

    assert {row[0] for row in listed} == reasons - {NoVerdictError.reason}


@pytest.mark.parametrize("picture", PICTURES, ids=relative)
def test_a_picture_of_the_documents_loads_nothing(picture: Path) -> None:
    assert _LOADS.findall(picture.read_text()) == []


@pytest.mark.parametrize(
    "reference",
    [
        '<image href="https://a.example/1.png"/>',
        '<image xlink:href="1.png"/>',
        "<style>@import 'a.css'</style>",
        '<rect fill="url(https://a.example/#b)"/>',
        "<rect fill=\"url('a.svg#b')\"/>",
        "<script>1</script>",
    ],
)
def test_a_reference_that_loads_something_is_found(reference: str) -> None:
    assert _LOADS.search(reference)


@pytest.mark.parametrize("reference", ['<use href="#a"/>', '<rect fill="url(#a)"/>', "<rect/>"])
def test_a_reference_within_the_file_is_none(reference: str) -> None:
    assert not _LOADS.search(reference)
