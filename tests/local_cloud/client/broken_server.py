"""A server that breaks HTTP on purpose: truncated, malformed and dripping responses."""

from __future__ import annotations

import socketserver
import ssl
import threading
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from itertools import count
from typing import Any, Self

from tests.local_cloud.client.served import Served


@dataclass(frozen=True, slots=True)
class RawReply:
    """Bytes to send: from `drip_from` on one at a time, every `drip_seconds` where that is set."""

    content: bytes
    drip_seconds: float = 0.0
    drip_from: int = 0
    closes: bool = False

    @classmethod
    def http(cls, body: bytes, **options: Any) -> Self:
        """A well-formed response with this body."""
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        return cls(head.encode() + body, **options)

    @property
    def sent_at_once(self) -> int:
        """How many bytes are sent together."""
        return self.drip_from if self.drip_seconds else len(self.content)


class BrokenServer(Served):
    """Answers each request with the next of `replies`, and then with the last one again.

    With `tls` it serves https. `requests` has the method of each request with the number of its
    connection, from 1; `completed` counts the replies that were sent to their end.
    """

    def __init__(self, *replies: RawReply, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[str, int]] = []
        self.completed = 0
        self.stopping = threading.Event()
        self.tls = tls
        self._replies = list(replies)
        server = _Server(self)
        super().__init__(server)
        self.address = "{}:{}".format(*server.server_address)
        self.url = f"{'https' if tls else 'http'}://{self.address}"

    def reply_to(self, method: str, connection: int) -> RawReply:
        """Record a request and choose its reply."""
        self.requests.append((method, connection))
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        super().__exit__()


class _Server(socketserver.ThreadingTCPServer):
    # A connection that is kept alive must not delay the end of a test.
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, broken: BrokenServer) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.broken = broken
        self.numbers = count(1)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave or refuse the certificate are what the tests are about."""


class _Connection(socketserver.StreamRequestHandler):
    server: _Server

    def setup(self) -> None:
        self.broken, self.number = self.server.broken, next(self.server.numbers)
        if self.broken.tls:
            self.request = self.broken.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        while request_line := self.rfile.readline():
            head = b"".join(iter(self.rfile.readline, b"\r\n"))
            self.rfile.read(int(BytesHeaderParser().parsebytes(head).get("Content-Length", 0)))
            reply = self.broken.reply_to(request_line.decode().partition(" ")[0], self.number)
            if not self._send(reply) or reply.closes:
                return

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _send(self, reply: RawReply) -> bool:
        """Send a reply; False where the server stops meanwhile."""
        self.wfile.write(reply.content[: reply.sent_at_once])
        for index in range(reply.sent_at_once, len(reply.content)):
            if self.broken.stopping.wait(reply.drip_seconds):
                return False
            self.wfile.write(reply.content[index : index + 1])
        self.broken.completed += 1
        return True
