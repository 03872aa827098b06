"""ASGI applications served on 127.0.0.1, each in a thread of this process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

_POLL_SECONDS = 0.01


def listen() -> tuple[socket.socket, str]:
    """Return a socket that listens on a free port of 127.0.0.1, and its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    # Accepted connections inherit it; with Nagle's algorithm a response takes 40 ms longer.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def serve(application: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Serve until the end of the block; open requests are cut off then."""
    config = uvicorn.Config(
        application,
        ws="none",
        lifespan="off",
        # An access log would have tokens, and queries of URLs.
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="loopback")
    with listener:
        thread.start()
        try:
            while thread.is_alive() and not server.started:
                time.sleep(_POLL_SECONDS)
            yield
        finally:
            server.should_exit = True
            thread.join()
