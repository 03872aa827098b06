"""Runs a command that cannot outlive the process that started it.

``python local/process_group.py COMMAND…`` is the parent of the command. Its standard input is a
pipe from the starter. When that closes, because the starter is done, was interrupted or was
killed, the command's process group gets SIGTERM, and SIGKILL after five seconds.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

TERMINATES_WITHIN_SECONDS = 5.0


def start_process_group(
    command: list[str], *, log: Path, environment: dict[str, str], directory: Path
) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own; its output is appended to `log`."""
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


def stop_process_group(process: subprocess.Popen[bytes]) -> None:
    """Stop a command with everything that it started, and wait until it has ended."""
    process.communicate()


def main(command: list[str]) -> int:
    """Run the command until it or standard input ends; return the command's status."""
    # Ctrl-C at the terminal is for the starter, who then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _signal_group(child.pid, signal.SIGTERM))
    threading.Thread(target=_stop_with_starter, args=(child,), daemon=True).start()
    status = child.wait()
    _signal_group(child.pid, signal.SIGKILL)
    return status


def _stop_with_starter(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 4096):
        pass
    _signal_group(child.pid, signal.SIGTERM)
    try:
        child.wait(TERMINATES_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_group(child.pid, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
