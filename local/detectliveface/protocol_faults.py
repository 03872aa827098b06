"""Everything that breaks HTTP on purpose: dropped, hanging, cut and dripping responses.

ASGI has no way to close a connection without a response, so `HangUpProtocol` lends the
application the transport's `close`. All other responses are Starlette's.
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_HANG_UP = "detectliveface.hang_up"


class HangUpProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with an ASGI extension that closes the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Add the extension to every request of the connection."""
        super().connection_made(transport)
        app = self.app

        async def with_extension(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = {**scope.get("extensions", {}), _HANG_UP: transport.close}
            try:
                await app({**scope, "extensions": extensions}, receive, send)
            except asyncio.CancelledError:
                # The server stops before a slow response was sent: not an error to log.
                transport.close()

        self.app = with_extension


class HungUp(Response):
    """No response: the connection closes after so many seconds."""

    def __init__(self, after: float = 0) -> None:
        super().__init__()
        self.after = after

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Wait until the caller disconnects, or until the time is over."""
        try:
            async with asyncio.timeout(self.after):
                await _disconnected(receive)
        except TimeoutError:
            await _hang_up(scope, receive)


class Truncated(Response):
    """Content-Length of the whole body, half of the body, then a closed connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and the first half."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _hang_up(scope, receive)


def dripping(body: bytes, delay: float) -> Response:
    """A response with `delay` seconds between two bytes of its body."""

    async def drip() -> AsyncIterator[bytes]:
        for index in range(len(body)):
            await asyncio.sleep(delay)
            yield body[index : index + 1]

    length = {"Content-Length": str(len(body))}
    return StreamingResponse(drip(), headers=length, media_type="application/json")


async def _hang_up(scope: Scope, receive: Receive) -> None:
    scope["extensions"][_HANG_UP]()
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
