"""A server of well-formed HTTP on loopback; `broken_server.py` has the other kind."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

LIVE = {"Score": 99, "IsLiveness": True, "FaceModelVersion": "3.0", "RequestId": "r-live"}


def body_of(response: Mapping[str, object]) -> bytes:
    return json.dumps({"Response": response}).encode()


def http_response(body: bytes, content_type: str = "application/json") -> Response:
    return Response(body, headers={"Content-Type": content_type})


@dataclass(frozen=True, slots=True)
class Received:
    """A request, and the number of the connection that it came over, from 1."""

    connection: int
    headers: Mapping[str, str]


class ApiServer:
    """Answers each request with the next of `responses`, and then with the last one again.

    With `tls` it serves https; then its clients close their connections before it stops, because
    asyncio would wait 30 s for them.
    """

    def __init__(self, *responses: Response, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self._responses = list(responses or [http_response(body_of(LIVE))])
        self._connections: dict[object, int] = {}
        self._scheme = "https" if tls else "http"
        self.address = self.url = ""
        application = Starlette(routes=[Route("/", self._answer, methods=["POST"])])
        config = uvicorn.Config(application, "127.0.0.1", 0, log_level="critical", lifespan="off")
        config.load()
        config.ssl = tls
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        self.address = "{}:{}".format(*self._server.servers[0].sockets[0].getsockname())
        self.url = f"{self._scheme}://{self.address}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    async def _answer(self, request: Request) -> Response:
        await request.body()
        connection = self._connections.setdefault(request.client, len(self._connections) + 1)
        self.requests.append(Received(connection, dict(request.headers)))
        return self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
