"""uvicorn's HTTP/1.1 connection, with a way for the application to hang up."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.detectliveface.answer import HANG_UP


class Connection(H11Protocol):
    """Offers the ASGI extension `detectliveface.hang_up`: ASGI itself cannot drop a caller."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Hand the connection's end to the application with each request."""
        super().connection_made(transport)
        app = self.app

        async def with_extension(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = {**scope.get("extensions", {}), HANG_UP: transport.close}
            try:
                await app({**scope, "extensions": extensions}, receive, send)
            except asyncio.CancelledError:
                # The server stops and this answer was too slow: no fault to trace in the log.
                transport.close()

        self.app = with_extension
