"""Erase all pictures, parts of pictures, rows and waiting messages of one person or one object.

A person's pictures are found by the `subject` of their rows; a picture that has no row yet is found
by its object alone. Messages in RetryQueue and FailedUploads are received for it, which SQS counts
as an attempt; those about other uploads are visible again at once. docs/security.md says what else
contains an upload, and for how long.
"""

import argparse
from collections.abc import Iterator, Sequence

from liveness.models import Upload
from operations.arguments import not_empty
from operations.console import counted, printable, typed
from operations.erasure import Erasure, StoredItem, UploadData
from operations.stack import Stack
from operations.waiting_messages import WaitingMessage, WaitingMessages

type Item = WaitingMessage | StoredItem

_KINDS = ("message", "unfinished upload", "picture version", "delete marker", "row")
_IGNORE_IN_FLIGHT = (
    "erase also while messages are in flight or delayed, and cannot be read: such a message "
    "about an erased upload is processed later, finds no picture, stores a row without a subject "
    "and publishes `retake` (picture_gone) under the upload's id"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --subject or --object, --wait, --ignore-in-flight and --yes."""
    target = parser.add_mutually_exclusive_group(required=True)
    subject, uri = "the `subject` that the app sends", "one object, as s3://bucket/key"
    target.add_argument("--subject", type=not_empty, metavar="ID", help=subject)
    target.add_argument("--object", type=not_empty, metavar="URI", help=uri)
    wait = "wait so long for messages that are in flight or delayed (default: %(default)s)"
    parser.add_argument("--wait", type=float, default=30.0, metavar="SECONDS", help=wait)
    parser.add_argument("--ignore-in-flight", action="store_true", help=_IGNORE_IN_FLIGHT)
    parser.add_argument("--yes", action="store_true", help="erase without confirmation")


def run(arguments: argparse.Namespace, stack: Stack) -> int:
    """List, confirm, erase; 0 once nothing is left, 1 where the operator does not confirm."""
    data = UploadData(stack)
    if arguments.object:
        data.check_object(arguments.object)
    with WaitingMessages(stack) as waiting:
        # Before the rest is found: while they are held, none of them becomes a new row.
        waiting.receive(arguments.wait, ignore_in_flight=arguments.ignore_in_flight)
        erasure, messages = _find(arguments, data, waiting)
        items: Sequence[Item] = [*messages, *erasure.items]
        _print_found(items, erasure, stack)
        if not items:
            return 0
        question = f"Erase {_summary(items)} permanently? (yes/no) "
        if not (arguments.yes or typed(question) == "yes"):
            print("Nothing was erased.")
            return 1
        _print_erased(_erase(messages, waiting, erasure, data))
    return 0


def _find(
    arguments: argparse.Namespace, data: UploadData, waiting: WaitingMessages
) -> tuple[Erasure, Sequence[WaitingMessage]]:
    if arguments.object:
        erasure = data.find_object(arguments.object)
        return erasure, waiting.about(lambda upload: upload.object == arguments.object)
    erasure = data.find_subject(arguments.subject)
    versions = {(item.object, item.version) for item in erasure.items}
    return erasure, waiting.about(lambda upload: (upload.object, upload.version) in versions)


def _erase(
    messages: Sequence[WaitingMessage], waiting: WaitingMessages, erasure: Erasure, data: UploadData
) -> Iterator[Item]:
    """Erase messages first: one that stays would be decided anew, and published once more."""
    for message in messages:
        waiting.delete(message)
        yield message
    yield from data.erase(erasure)


def _print_found(items: Sequence[Item], erasure: Erasure, stack: Stack) -> None:
    print("Found:" if items else "Nothing to erase was found.")
    for item in items:
        print(f"  {_line(item)}")
    if erasure.staying:
        print("Under the same keys, but not known to be this person's alone, so that it stays:")
    for item in erasure.staying:
        print(f"  {_line(item)}")
    for name in erasure.elsewhere:
        print(f"The picture is in no bucket and prefix of this stack, and stays: {printable(name)}")
    if items and (bucket := stack.parameter("AccessLogBucket")):
        print(f"Access logs in s3://{bucket}/{stack.name}/ name these objects: they stay.")


def _print_erased(items: Iterator[Item]) -> None:
    erased: list[Item] = []
    try:
        for item in items:
            erased.append(item)
            print(f"  erased {_line(item)}")
    except BaseException as error:
        error.add_note(f"Erased {_summary(erased)}. Run it again for the rest.")
        raise
    print(f"Erased {_summary(erased)}.")


def _line(item: Item) -> str:
    if isinstance(item, WaitingMessage):
        return f"message in {item.queue}: {', '.join(map(_name, item.uploads))}"
    if item.kind == "unfinished upload":
        return f"{item.kind}: {printable(item.object)} (upload id {printable(item.version)})"
    return f"{item.kind}: {_name(item)}"


def _name(named: Upload | StoredItem) -> str:
    return f"{printable(named.object)} (version {printable(named.version)})"


def _summary(items: Sequence[Item]) -> str:
    """`2 picture versions and 1 row`."""
    kinds = [item.kind for item in items]
    *first, last = [counted(kinds.count(kind), kind) for kind in _KINDS if kind in kinds] or [
        "nothing"
    ]
    return f"{', '.join(first)} and {last}" if first else last
