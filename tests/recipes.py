"""Recipes of the documents, exactly as a reader copies them: files and commands."""

from __future__ import annotations

import re
from typing import Any

from local.setup import PROJECT

README = "README.md"
SUBSCRIBERS = "docs/subscribers.md"


def recipe_file(document: str, heading: str, name: str) -> str:
    """The file that a section shows: fenced code after a line that ends in its name and a colon.

    Raises LookupError where it shows none.
    """
    return _only(rf"`{re.escape(name)}`[^\n]*:\n\n```\w+\n(.*?)^```$", document, heading)


def recipe_command(document: str, heading: str) -> str:
    """The shell command of a section. Raises LookupError where it has none, or several."""
    return _only(r"^```sh\n(.*?)^```$", document, heading)


def recipe_module(document: str, heading: str, name: str) -> dict[str, Any]:
    """The names that a Python file of a section defines."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile(recipe_file(document, heading, name), name, "exec"), names)  # noqa: S102
    return names


def section(document: str, heading: str) -> str:
    """The text under a heading of the second level. Raises LookupError where there is none."""
    found = re.search(
        rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)",
        (PROJECT / document).read_text(),
        re.DOTALL | re.MULTILINE,
    )
    if not found:
        raise LookupError(f"{document} has no section {heading!r}")
    return found[1]


def _only(pattern: str, document: str, heading: str) -> str:
    found = re.findall(pattern, section(document, heading), re.DOTALL | re.MULTILINE)
    if len(found) != 1:
        raise LookupError(f"{document}, {heading!r}: {len(found)} times {pattern!r}")
    text: str = found[0]
    return text
