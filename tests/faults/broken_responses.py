"""Responses that break off or never end, on purpose: ASGI itself cannot send them."""

from __future__ import annotations

import asyncio
import socket
import struct

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_EXTENSION = "tests.transport"
_DRIP_SECONDS = 0.2


class ResettableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, with an ASGI extension that is the connection's transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Add the extension to the scope of each request."""
        super().connection_made(transport)
        app = self.app

        async def with_extension(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = {**scope.get("extensions", {}), _EXTENSION: transport}
            await app({**scope, "extensions": extensions}, receive, send)

        self.app = with_extension


class ConnectionReset(Response):
    """No response: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset the connection."""
        await _reset(scope, receive)


class TruncatedResponse(Response):
    """The head and half of the body, then a reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what precedes the reset."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _reset(scope, receive)


class DrippingHead(Response):
    """A head that never ends: a byte of it at a time, until the client gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head's bytes."""
        transport = scope["extensions"][_EXTENSION]
        transport.write(b"HTTP/1.1 200 OK\r\nX-Padding: ")
        while not transport.is_closing():
            transport.write(b"x")
            await asyncio.sleep(_DRIP_SECONDS)


async def _reset(scope: Scope, receive: Receive) -> None:
    _abort(scope["extensions"][_EXTENSION])
    while (await receive())["type"] != "http.disconnect":
        pass


def _abort(transport: asyncio.Transport) -> None:
    if transport.is_closing():
        return
    # Closing with a linger time of zero sends RST.
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
