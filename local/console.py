"""Console output: one line for each step, for an error, and for an interruption."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class UserError(Exception):
    """An error that the user can fix: what happened, what to do, and where the log is."""

    def __init__(self, happened: str, to_do: str, log: Path | None = None) -> None:
        where = f" The log: {log}" if log else ""
        super().__init__(f"{happened} {to_do}{where}")


@contextmanager
def progress(name: str) -> Iterator[None]:
    """Print the name of a step when it begins, and its duration when it has ended."""
    start = time.monotonic()
    print(f"  {name} … ", end="", flush=True)
    try:
        yield
    except BaseException:
        print("stopped", flush=True)
        raise
    print(f"{time.monotonic() - start:.1f} s", flush=True)


def stop_on_signals() -> None:
    """Let SIGTERM and SIGHUP unwind like Ctrl-C; and Ctrl-C too, where a shell ignores it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def run(command: Callable[[], int], *, interrupted: int = 130) -> int:
    """Run a command and return its exit status: `interrupted` after Ctrl-C, 1 for UserError."""
    stop_on_signals()
    try:
        return command()
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.")
        return interrupted
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
