"""An HTTP proxy on loopback. It is written by hand: no installed server can tunnel (CONNECT)."""

from __future__ import annotations

import base64
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.local_cloud.client.served import Served

USER, PASSWORD = "proxy-user", "made-up-proxy-password"
_CHUNK = 64 * 1024


class Proxy(Served):
    """Forwards http and tunnels https, with the password alone; `requests` has each request."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        server.daemon_threads = True
        server.block_on_close = False
        super().__init__(server)
        self.address = f"127.0.0.1:{server.server_port}"
        self.url = f"http://{USER}:{PASSWORD}@{self.address}"


def _handler_for(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    expected = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if not self._is_authorized():
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = "".join(
                f"{name}: {value}\r\n"
                for name, value in self.headers.items()
                if name not in {"Proxy-Authorization", "Connection"}
            )
            head = f"POST / HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"
            with _connect(urlsplit(self.path).netloc) as server:
                server.sendall(head.encode() + body)
                _copy(server, self.connection)

        def do_CONNECT(self) -> None:
            if not self._is_authorized():
                return
            with _connect(self.path) as server:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_copy, args=(server, self.connection), daemon=True)
                back.start()
                _copy(self.connection, server)

        def _is_authorized(self) -> bool:
            proxy.requests.append(f"{self.command} {self.path}")
            self.close_connection = True
            if self.headers["Proxy-Authorization"] == expected:
                return True
            self.send_error(407)
            return False

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _connect(host: str) -> socket.socket:
    name, _, port = host.partition(":")
    return socket.create_connection((name, int(port)))


def _copy(source: socket.socket, target: socket.socket) -> None:
    # Either end may close at any time.
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
