"""Output that is safe for terminals and fit for pipes."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Characters: more than the longest key, escaped, and the longest reason take.
_UNFOLDED_WIDTH = 10_000

type Row = Sequence[str]


def console() -> Console:
    """Standard output; into a pipe each row of a table is one line, for grep to find."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else _UNFOLDED_WIDTH)


def print_table(title: str, texts: Row, numbers: Row, rows: Iterable[Row]) -> None:
    """Print a table with columns of text and then columns of numbers, by their headings."""
    table = Table(title=title, title_justify="left")
    for index, heading in enumerate(texts):
        table.add_column(heading, overflow="fold", no_wrap=index == 0)
    for heading in numbers:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console().print(table)


def print_changes(lines: Iterable[str]) -> None:
    """Print progress as it comes: each line that differs from the one before it."""
    for line, _ in groupby(lines):
        print(line, flush=True)


def typed(question: str) -> str:
    """What the operator types; an interrupt, or the end of the input, counts as an empty line."""
    try:
        return input(question)
    except (EOFError, KeyboardInterrupt):
        print()
        return ""


def printable(text: str) -> str:
    """Escape what would control a terminal: an object's key may contain any character.

    That is controls (C1 too), what is invisible or turns the direction of writing, surrogates,
    private and unassigned characters, and separators other than the space.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_line(fields: Mapping[str, Any]) -> str:
    """Print as JSON on one line, in printable ASCII: JSON itself allows DEL and all above it."""
    return ascii_json(json.dumps(fields))


def ascii_json(text: str) -> str:
    """The same for JSON that `json.dumps` has written."""
    return text.replace("\x7f", r"\u007f")


def counted(number: int, noun: str) -> str:
    """`1 message`, `2,500 messages`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
