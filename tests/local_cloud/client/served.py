"""A server of the standard library in a thread of its own, for the length of a `with` block."""

from __future__ import annotations

import socketserver
import threading
from typing import Self


class Served:
    """Starts a server with the block, and stops it with its thread at the end."""

    def __init__(self, server: socketserver.BaseServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
