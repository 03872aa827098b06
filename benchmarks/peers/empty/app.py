"""An empty handler: what Python and Lambda's runtime interface client cost by themselves."""

from __future__ import annotations


def handler(_event: object, _context: object) -> None:
    """Return at once."""
