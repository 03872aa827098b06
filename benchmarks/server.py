"""An ASGI application served on sockets of this machine, in a thread."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from local.certificates import Certificates

_KEEP_ALIVE_SECONDS = 3600


def listen(number: int) -> list[socket.socket]:
    """Return listening sockets on free ports of 127.0.0.1."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    for each in sockets:
        # Accepted connections inherit it. asyncio would set it only where a protocol is named.
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sockets


def address(listening: socket.socket) -> str:
    """Return the socket's `host:port`."""
    host, port = listening.getsockname()
    return f"{host}:{port}"


@contextmanager
def serve(
    application: ASGIApp,
    sockets: Sequence[socket.socket],
    certificates: Certificates | None = None,
) -> Iterator[None]:
    """Serve until the block ends: over TLS with `certificates`, else in plain text.

    Idle connections stay open: a program under valgrind is slow.
    """
    config = uvicorn.Config(
        application,
        log_level="warning",
        lifespan="off",
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        ssl_certfile=certificates.chain if certificates else None,
        ssl_keyfile=certificates.key if certificates else None,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=(list(sockets),), name="server")
    thread.start()
    try:
        while thread.is_alive() and not server.started:
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()
