"""Progress for people: one line a step, and one line for what went wrong."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Trouble(Exception):
    """Something a person can mend: what happened, what to do, and where the log is."""

    def __init__(self, happened: str, to_do: str, log: Path | None = None) -> None:
        where = f" The log: {log}" if log else ""
        super().__init__(f"{happened} {to_do}{where}")


@contextmanager
def step(name: str) -> Iterator[None]:
    """Tell that a step begins, and when it has ended how long it took."""
    start = time.monotonic()
    sys.stdout.write(f"  {name} … ")
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        sys.stdout.write("stopped\n")
        sys.stdout.flush()
        raise
    sys.stdout.write(f"{time.monotonic() - start:.1f} s\n")
    sys.stdout.flush()
