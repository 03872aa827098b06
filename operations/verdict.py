"""Show the verdict on every version of one object, newest first."""

from __future__ import annotations

import argparse

from operations.arguments import not_empty
from operations.console import print_table
from operations.errors import UserError
from operations.stack import Stack
from operations.verdicts import HEADINGS, json_text, row
from operations.verdicts_table import VerdictsTable, verdict_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --object and --json."""
    uri = "as s3://bucket/key"
    parser.add_argument("--object", required=True, type=not_empty, metavar="URI", help=uri)
    parser.add_argument("--json", action="store_true", help="print what was published, a line each")


def run(arguments: argparse.Namespace, stack: Stack) -> int:
    """Print a table or JSON lines; 0. Raises UserError where there is no such upload."""
    items = VerdictsTable(stack).of_object(arguments.object)
    if not items:
        raise UserError(
            f"No upload of {arguments.object!r} is in the table: name it as s3://bucket/key, and "
            "see `make logs` for what happened to it."
        )
    decided = [verdict_of(item) for item in items if "outcome" in item]
    decided.sort(key=lambda verdict: verdict.decided_at, reverse=True)
    if arguments.json:
        for verdict in decided:
            print(json_text(verdict))
        return 0
    waiting = [
        ("", "no verdict yet", "", "", item["object"], item["version"])
        for item in items
        if "outcome" not in item
    ]
    print_table("Verdicts", HEADINGS, [], [*waiting, *map(row, decided)])
    return 0
