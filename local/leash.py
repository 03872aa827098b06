"""Runs a command that cannot outlive whoever started it.

``python -m local.leash COMMAND…``: standard input is a pipe that the starter holds. When it closes,
because the starter is done, was interrupted or was killed, the command and everything that it
started is ended: first politely, then for good.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

POLITE_SECONDS = 5.0


def leashed(
    command: list[str], *, log: Path, environment: dict[str, str], directory: Path
) -> subprocess.Popen[bytes]:
    """Start a command on a leash. Its output goes to `log`; `release` ends it."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-I", __file__, *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=directory,
            start_new_session=True,
        )


def release(process: subprocess.Popen[bytes]) -> None:
    """End a leashed command and wait until it is gone."""
    if process.stdin:
        process.stdin.close()
    process.wait()


def main(command: list[str]) -> int:
    """Run the command until it ends or standard input does; the status is the command's."""
    # A terminal's Ctrl-C is for the starter, who then lets go.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _signal_group(child.pid, signal.SIGTERM))
    threading.Thread(target=_end_with_starter, args=(child,), daemon=True).start()
    status = child.wait()
    _signal_group(child.pid, signal.SIGKILL)
    return status


def _end_with_starter(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 4096):
        pass
    _signal_group(child.pid, signal.SIGTERM)
    try:
        child.wait(POLITE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_group(child.pid, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
