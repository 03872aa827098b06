"""A handler that does nothing: what Python and Lambda's runtime client cost by themselves."""

from __future__ import annotations


def handler(_event: object, _context: object) -> None:
    """Answer at once."""
