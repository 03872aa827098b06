"""A server that answers the bytes it is given: what the stand-in has no words for."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

LIVE = {"Score": 99, "IsLiveness": True, "FaceModelVersion": "3.0", "RequestId": "r-live"}


def body_of(response: Mapping[str, object]) -> bytes:
    return json.dumps({"Response": response}).encode()


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes to answer: all at once, or from `drips_from` on one at a time, seconds apart."""

    content: bytes
    every: float = 0.0
    drips_from: int = 0
    closes: bool = False

    @classmethod
    def answer(cls, body: bytes, content_type: str = "application/json", **how: Any) -> Self:
        """Frame a body as the API does."""
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        ).encode()
        return cls(head + b"\r\n" + body, **how)

    @property
    def at_once(self) -> int:
        """How many bytes go out together."""
        return self.drips_from if self.every else len(self.content)

    @property
    def lasts(self) -> float:
        """Seconds that sending it takes at least."""
        return self.every * (len(self.content) - self.at_once)


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived, and over which connection, counted from 1."""

    connection: int
    method: str
    headers: Mapping[str, str]


class Gateway:
    """Answers each request with the next of `replies`, the last one for good.

    With `tls` it speaks https. `completed` counts the replies that were sent to their end.
    """

    def __init__(self, *replies: Raw, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.completed = 0
        self._replies = list(replies or [Raw.answer(body_of(LIVE))])
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._connections = 0
        self._server = _Server(_handler_of(self), tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"{'https' if tls else 'http'}://{self.address}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def connected(self) -> int:
        """Count a connection and return its number."""
        with self._lock:
            self._connections += 1
            return self._connections

    def reply_to(self, request: Request) -> Raw:
        """Note a request and choose its answer."""
        with self._lock:
            self.requests.append(request)
            return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def pauses(self, seconds: float) -> bool:
        """Wait; False where the gateway stops meanwhile."""
        return not self._stopping.wait(seconds)


class _Server(ThreadingHTTPServer):
    # Connections that are kept open must not keep a test waiting for its end.
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        if tls is not None:
            # The handshake belongs to the connection's own thread.
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Callers who leave, and who trust no certificate, are what the tests are about.
        pass


def _handler_of(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.number = gateway.connected()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.number, self.command, headers)
            self._send(gateway.reply_to(request))

        def do_CONNECT(self) -> None:
            self.do_POST()

        def _send(self, reply: Raw) -> None:
            self.wfile.write(reply.content[: reply.at_once])
            for index in range(reply.at_once, len(reply.content)):
                if not gateway.pauses(reply.every):
                    return
                self.wfile.write(reply.content[index : index + 1])
            gateway.completed += 1
            self.close_connection = self.close_connection or reply.closes

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
