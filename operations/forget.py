"""Erase every picture version and every row of one person or of one object.

A person's pictures are found by the `subject` of their rows; a picture that has no row yet is found
by its object alone. docs/security.md says what else contains an upload, and for how long.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from operations.console import counted, printable
from operations.erasure import Erasure, StoredItem, UploadData
from operations.stack import Stack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --subject or --object, and --yes."""
    target = parser.add_mutually_exclusive_group(required=True)
    subject, uri = "the `subject` that the app sends", "one object, as s3://bucket/key"
    target.add_argument("--subject", type=_not_empty, metavar="ID", help=subject)
    target.add_argument("--object", type=_not_empty, metavar="URI", help=uri)
    parser.add_argument("--yes", action="store_true", help="erase without confirmation")


def run(arguments: argparse.Namespace, stack: Stack) -> int:
    """List, confirm, erase; 0 once nothing is left, 1 where the operator does not confirm."""
    data, name = UploadData(stack), arguments.object
    erasure = data.find_object(name) if name else data.find_subject(arguments.subject)
    _print_erasure(erasure)
    if not erasure.items:
        return 0
    if not (arguments.yes or _confirmed(erasure)):
        print("Nothing was erased.")
        return 1
    erased: list[StoredItem] = []
    try:
        for item in data.erase(erasure):
            erased.append(item)
            print(f"  erased {_line(item)}")
    except BaseException as error:
        error.add_note(f"Erased {_summary(erased)}. Run it again for the rest.")
        raise
    print(f"Erased {_summary(erased)}.")
    return 0


def _print_erasure(erasure: Erasure) -> None:
    print("Found:" if erasure.items else "Nothing to erase was found.")
    for item in erasure.items:
        print(f"  {_line(item)}")
    for name in erasure.shared:
        print(f"Pictures of somebody else under the same key stay: {printable(name)}")
    for name in erasure.elsewhere:
        print(f"The picture is in another bucket, where nothing is erased: {printable(name)}")


def _line(item: StoredItem) -> str:
    return f"{item.kind}: {printable(item.object)} (version {printable(item.version)})"


def _summary(items: Sequence[StoredItem]) -> str:
    """`2 picture versions, 0 delete markers and 1 row`."""
    kinds = [item.kind for item in items]
    pictures, markers, rows = (
        counted(kinds.count(kind), kind) for kind in ("picture version", "delete marker", "row")
    )
    return f"{pictures}, {markers} and {rows}"


def _confirmed(erasure: Erasure) -> bool:
    """Whether the operator types "yes"; an interrupt, or the end of the input, means no."""
    try:
        return input(f"Erase {_summary(erasure.items)} permanently? (yes/no) ") == "yes"
    except (EOFError, KeyboardInterrupt):
        print()
        return False


def _not_empty(text: str) -> str:
    """Refuse what an unset variable of make expands to."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text
