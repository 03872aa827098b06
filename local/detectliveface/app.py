"""The routes: the API at `/`, and everything that steers the stand-in under `/_control/`."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from local.detectliveface.contract import MAX_REQUEST_BYTES
from local.detectliveface.control import ControlEndpoint
from local.detectliveface.service import Service

_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


def application(service: Service) -> Starlette:
    """Serve the API and its control endpoint over one service."""

    async def detect(request: Request) -> Response:
        try:
            body, size = await _body_of(request)
        except ClientDisconnect:
            # Who leaves before having asked gets nothing; nobody reads this.
            return Response()
        return await service.answer(request.method, dict(request.headers), body, size)

    return Starlette(
        routes=[
            Route("/", detect, methods=_METHODS),
            Mount("/_control", routes=ControlEndpoint(service).routes()),
        ]
    )


async def _body_of(request: Request) -> tuple[bytes, int]:
    """Read all of a request, so that its answer finds a reader, but keep only so much of it."""
    body = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        body += chunk[: MAX_REQUEST_BYTES - len(body)]
    return bytes(body), size
