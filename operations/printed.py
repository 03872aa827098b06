"""What the commands print, made safe for terminals and fit for pipes."""

from __future__ import annotations

import sys

from rich.console import Console

# Characters: more than the longest key, escaped, and the longest reason take.
_NO_FOLDING = 10_000


def console() -> Console:
    """Standard output; into a pipe each row is a line of its own, for grep to find."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else _NO_FOLDING)


def printable(text: str) -> str:
    """The text without what would steer a terminal: an object's key may hold anything."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
