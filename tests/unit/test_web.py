"""The capture page's files: no code inline, nothing from other hosts, and a text for each key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from liveness.models import Outcome
from local.page import PERMISSIONS_POLICY, content_security_policy
from tests.unit.test_documents import PROJECT

WEB = PROJECT / "web"
SCRIPTS = sorted(WEB.glob("*.js"))
TEXTS: Any = json.loads((WEB / "texts.json").read_text())
CONFIG: Any = json.loads((WEB / "config.json").read_text())
_VOID = {"link", "meta", "input", "img", "ellipse"}
_URL = re.compile(r"(?:https?:)?//[^\s\"'`)]+")
_NAMESPACE = "http://www.w3.org/2000/svg"
_IMPORT = re.compile(r"""(?:from|import\()\s*["']([^"']+)["']""")
# Keys are codes in quotes, of several words: those of one word are ids, too.
_KEY = re.compile(r"""["']([a-z]+(?:_[a-z]+)+)["']""")
# A field of the API, and a code after which the page tries again by itself.
_NO_TEXTS = {"consent_id", "request_in_progress"}


@dataclass
class Document(HTMLParser):
    """The elements of a page, which must be closed in order."""

    elements: list[tuple[str, Mapping[str, str | None]]] = field(default_factory=list)
    contents: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            tag = self.open[-1]
            self.contents[tag] = self.contents.get(tag, "") + data


@pytest.fixture(scope="module")
def document() -> Document:
    document = Document()
    document.feed((WEB / "index.html").read_text())
    document.close()
    return document


def values(document: Document, attribute: str) -> list[str]:
    return [str(found[attribute]) for _, found in document.elements if attribute in found]


def meta_policy(document: Document) -> dict[str, str]:
    (content,) = (
        str(found["content"])
        for tag, found in document.elements
        if found.get("http-equiv") == "Content-Security-Policy"
    )
    return directives(content)


def directives(policy: str) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in policy.split(";")]
    return {name: value for name, _, value in parts}


def test_every_element_is_closed_and_no_id_is_there_twice(document: Document) -> None:
    ids = values(document, "id")

    assert document.open == []
    assert len(ids) == len(set(ids))


def test_no_script_and_no_style_is_inline(document: Document) -> None:
    attributes = {name for _, found in document.elements for name in found}

    assert document.contents.keys() & {"script", "style"} == set()
    assert "style" not in {tag for tag, _ in document.elements}
    assert {name for name in attributes if name == "style" or name.startswith("on")} == set()


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(WEB.iterdir()) if path.suffix != ".md"],
    ids=lambda path: path.name,
)
def test_no_file_names_another_host(path: Path) -> None:
    named = [url for url in _URL.findall(without_comments(path)) if url != _NAMESPACE]

    assert named == []


def without_comments(path: Path) -> str:
    # The two slashes of a comment are none of an address.
    return re.sub(r"(^|\s)//.*$", "", path.read_text(), flags=re.MULTILINE)


def test_every_file_that_is_loaded_is_there(document: Document) -> None:
    loaded = [*values(document, "src"), *values(document, "href")]
    imported = [name for path in SCRIPTS for name in _IMPORT.findall(path.read_text())]

    assert len(loaded) == 3
    assert "./api.js" in imported
    assert [name for name in [*loaded, *imported] if not (WEB / name).is_file()] == []


def test_the_policy_of_the_page_allows_nothing_that_the_header_forbids(document: Document) -> None:
    meta, header = meta_policy(document), directives(content_security_policy("https://api"))
    fallback = header["default-src"]
    # A meta tag cannot say who may embed the page, and this one does not know the API.
    only_header = {"default-src", "connect-src", "frame-ancestors"}

    assert fallback == "'none'"
    assert meta == {name: header.get(name, fallback) for name in meta}
    assert header.keys() - only_header <= meta.keys()


def test_the_readme_has_the_headers_that_the_local_server_sends() -> None:
    readme = " ".join((WEB / "README.md").read_text().split())

    assert content_security_policy("https://API https://BUCKET") in readme
    assert PERMISSIONS_POLICY in readme


def test_every_text_that_the_page_uses_is_there(document: Document) -> None:
    used = {*values(document, "data-text"), *values(document, "data-label")}
    used |= {key for path in SCRIPTS for key in _KEY.findall(path.read_text())} - _NO_TEXTS
    used |= {f"answer_{outcome}" for outcome in Outcome}
    used |= {f"answer_{outcome}_text" for outcome in Outcome}

    assert used - TEXTS["page"].keys() == set()


def test_every_text_of_the_page_is_used(document: Document) -> None:
    source = " ".join(path.read_text() for path in [WEB / "index.html", *SCRIPTS])
    # Codes of the API, which the page looks up.
    codes = {"too_many_attempts", "verdict_pending"}

    unused = {key for key in TEXTS["page"] if f'"{key}"' not in source and "answer_" not in key}

    assert unused - codes == set()


def test_every_setting_is_used_and_explained() -> None:
    app, readme = (WEB / "app.js").read_text(), (WEB / "README.md").read_text()

    assert [name for name in CONFIG if f"config.{name}" not in app] == []
    assert [name for name in CONFIG if f"`{name}`" not in readme] == []
