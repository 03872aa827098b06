"""``make forget``: erases every picture version and every row of one person or of one object.

A person is found by the `subject` of rows; a picture that has no row yet is found by its object
alone. What else remembers an upload, and for how long, stands in docs/security.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.printed import printable
from operations.queue import output
from operations.stack import DEFAULT_NAME, StackNotFound, outputs
from operations.traces import ForeignObject, Store, Trace, Traces

CONFIRMED = "yes"


def main(
    arguments: Sequence[str] | None = None, question: Callable[[str], str] | None = None
) -> int:
    """Tell what is kept, ask, erase; 0 once nothing of it is left, 1 where something is."""
    parser = argparse.ArgumentParser(prog="make forget", description=__doc__)
    parser.add_argument("--stack", default=DEFAULT_NAME)
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--subject", type=given, help="whose pictures, as the app named them")
    whose.add_argument("--object", type=given, help="one object, as s3://bucket/key")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    asked = parser.parse_args(arguments)
    erased: list[Trace] = []
    try:
        store = stack_store(asked.stack)
        found = store.of_object(asked.object) if asked.object else store.of_subject(asked.subject)
        sys.stdout.write("".join(told(found)))
        if not found.all:
            return 0
        if not (asked.yes or confirmed(found, question or input)):
            sys.stdout.write("Nothing was erased.\n")
            return 1
        for trace in store.erase(found):
            erased.append(trace)
            sys.stdout.write(f"  erased {line(trace)}\n")
    except (StackNotFound, ForeignObject) as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except (ClientError, BotoCoreError) as fault:
        sys.stderr.write(
            f"Erased {counted(erased)}, then it stopped: {fault}. Run it again for the rest.\n"
        )
        return 1
    sys.stdout.write(f"Erased {counted(erased)}.\n")
    return 0


def stack_store(name: str) -> Store:
    """What the stack keeps. Raises StackNotFound."""
    stack = outputs(name)
    return Store(
        boto3.client("s3"),
        boto3.client("dynamodb"),
        bucket=output(stack, "UploadBucketName"),
        table=output(stack, "VerdictsTableName"),
    )


def given(text: str) -> str:
    """A name that is not empty: an unset variable of make's forgets nobody. Raises ValueError."""
    if not text:
        raise ValueError(text)
    return text


def told(found: Traces) -> Iterator[str]:
    """What is kept, line by line, and what this command leaves alone."""
    yield "This is kept:\n" if found.all else "Nothing of it is kept here.\n"
    for trace in found.all:
        yield f"  {line(trace)}\n"
    for name in found.shared:
        yield f"Somebody else's pictures under the same key stay: {printable(name)}\n"
    for name in found.elsewhere:
        yield f"The picture is in another bucket, where this erases nothing: {printable(name)}\n"


def line(trace: Trace) -> str:
    """One trace, safe for a terminal."""
    return f"{trace.kind}: {printable(trace.object)} (version {printable(trace.version)})"


def counted(traces: Sequence[Trace]) -> str:
    """`2 picture versions, 0 delete markers and 1 row`."""
    kinds = [trace.kind for trace in traces]
    pictures, markers, rows = (
        f"{kinds.count(kind):,} {kind}" + ("" if kinds.count(kind) == 1 else "s")
        for kind in ("picture version", "delete marker", "row")
    )
    return f"{pictures}, {markers} and {rows}"


def confirmed(found: Traces, question: Callable[[str], str]) -> bool:
    """Whether a person agrees; to leave, or not to be there, is no."""
    try:
        return question(f"Erase {counted(found.all)} for good? ({CONFIRMED}/no) ") == CONFIRMED
    except (EOFError, KeyboardInterrupt):
        sys.stdout.write("\n")
        return False


if __name__ == "__main__":
    raise SystemExit(main())
