"""Connections of urllib3 whose sockets are in memory; all that is above them is the real thing."""

from __future__ import annotations

import io
import os
import ssl
from typing import Any


class FakeSocket:
    """A socket whose responses are there already; an exception is raised."""

    def __init__(self, responses: list[bytes | Exception], hostname: str) -> None:
        self.responses = responses
        self.hostname = hostname
        self.sent = b""
        self.timeout: float | None = None
        self.is_closed = False
        # What is polled; closing the other end is the server's close.
        self.readable, self.server_end = os.pipe()

    def settimeout(self, seconds: float | None) -> None:
        self.timeout = seconds

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def makefile(self, *_arguments: object, **_options: object) -> io.BytesIO:
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return io.BytesIO(response)

    def getpeercert(self, *, binary_form: bool = False) -> dict[str, Any]:
        return {"subjectAltName": (("DNS", self.hostname),)}

    def fileno(self) -> int:
        return self.readable

    def close(self) -> None:
        self.is_closed = True


class CountingContext(ssl.SSLContext):
    """An SSL context that records which CA bundles it parses; its handshakes are made up."""

    ca_bundles: list[str]
    handshake_error: Exception | None = None

    def load_verify_locations(self, cafile: Any = None, *_arguments: Any) -> None:
        super().load_verify_locations(cafile)
        self.ca_bundles.append(cafile)

    def wrap_socket(self, sock: Any, *_arguments: Any, **_options: Any) -> Any:
        assert self.verify_mode is ssl.CERT_REQUIRED
        assert self.ca_bundles
        if self.handshake_error:
            raise self.handshake_error
        return sock


class FakeNetwork:
    """Makes connections of such sockets, and records what becomes of them."""

    def __init__(self) -> None:
        self.responses: list[bytes | Exception] = []
        self.connect_error: Exception | None = None
        self.certificate_for: str | None = None
        self.contexts: list[CountingContext] = []
        self.sockets: list[FakeSocket] = []
        self.connect_timeouts: list[float] = []

    def connect(self, address: tuple[str, int], timeout: float, **_options: object) -> FakeSocket:
        self.connect_timeouts.append(timeout)
        if self.connect_error:
            raise self.connect_error
        self.sockets.append(FakeSocket(self.responses, self.certificate_for or address[0]))
        return self.sockets[-1]

    def new_context(self) -> CountingContext:
        context = CountingContext(ssl.PROTOCOL_TLS_CLIENT)
        # As in botocore's: urllib3 compares the host name instead.
        context.check_hostname = False
        context.ca_bundles = []
        self.contexts.append(context)
        return context
