"""The processes that the engine runs the function in, known by their ends of connections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil


def killer(home: Path) -> Callable[[int], None]:
    """Return what kills, by SIGKILL, the function's process at a local port.

    Only processes that run a file below `home`, the cloud's own folder, are killed; anything
    else at that port raises LookupError.
    """

    def kill(port: int) -> None:
        for connection in psutil.net_connections("tcp4"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                process = psutil.Process(connection.pid)
                if any(word.startswith(str(home)) for word in process.cmdline()):
                    process.kill()
                    return
        raise LookupError(f"no process of {home} has port {port}")

    return kill
