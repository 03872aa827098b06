"""The processes in which the emulator runs the function, found by their TCP ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil


def process_killer(directory: Path) -> Callable[[int], None]:
    """Return a function that kills, by SIGKILL, the function's process with a local TCP port.

    It only kills processes that run a file below `directory`, the cloud's own, and raises
    LookupError where no such process has the port.
    """

    def kill(port: int) -> None:
        for process in _processes_below(directory):
            with suppress(psutil.NoSuchProcess):
                ports = [each.laddr.port for each in process.net_connections("tcp4") if each.laddr]
                if port in ports:
                    process.kill()
                    return
        raise LookupError(f"no process of {directory} has port {port}")

    return kill


def _processes_below(directory: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline"]):
        if any(word.startswith(str(directory)) for word in process.info["cmdline"] or ()):
            yield process
