"""A reverse proxy on loopback, between the function and one service, that injects faults by rule.

Host, target, headers and body are forwarded unchanged, so that signatures stay valid. The process
that sent a request is found by the port of its connection.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpcore
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.certificates import Certificates
from tests.faults.broken_responses import (
    ConnectionReset,
    DrippingHead,
    ResettableProtocol,
    TruncatedResponse,
)
from tests.faults.error_responses import error_response
from tests.faults.fault_rules import Fault, FaultRules
from tests.faults.function_requests import FunctionRequest, recognize

# Longer than the function's read timeout (2 s), and than that of DetectLiveFace's download (3 s).
SLOW_SECONDS = 3.5
_KEEP_ALIVE_SECONDS = 3600
# Each of the two connections has framing of its own.
_FRAMING = frozenset({b"transfer-encoding", b"connection", b"keep-alive", b"content-length"})
# The client or the service ended the connection, as they do when processes are killed.
_DISCONNECTED = (OSError, ClientDisconnect, httpcore.NetworkError, httpcore.RemoteProtocolError)


class FaultProxy:
    """An ASGI application in front of the service at `upstream`.

    With certificates it serves TLS, and expects it of the service. `kill` ends the process that
    has a port. `errors` are requests that it could not recognise or whose process it did not
    find.
    """

    def __init__(
        self,
        upstream: str,
        certificates: Certificates | None,
        rules: FaultRules,
        kill: Callable[[int], None],
    ) -> None:
        self.certificates = certificates
        self.errors: list[Exception] = []
        self._upstream = httpcore.URL(upstream)
        self._rules = rules
        self._kill = kill
        # A connection for each request: what is killed or reset disturbs no other.
        self._connections = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(cafile=certificates.ca_bundle)
            if certificates
            else None,
            max_keepalive_connections=0,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request, or inject a fault into it."""
        try:
            response = await self._respond(Request(scope, receive))
        except _DISCONNECTED:
            response = ConnectionReset()
        except Exception as error:  # noqa: BLE001 - raised where the proxy stops
            self.errors.append(error)
            response = ConnectionReset()
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        known = await _recognized(request)
        fault = self._rules.fault_for(known)
        match fault:
            case Fault.ERROR | Fault.THROTTLING:
                return error_response(known.service, fault)
            case Fault.RESET:
                return ConnectionReset()
            case Fault.DRIP:
                return DrippingHead()
            case Fault.KILL_BEFORE:
                await self._end_process(request)
                return ConnectionReset()
        status, headers, body = await self._forward(request)
        match fault:
            case Fault.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            case Fault.KILL_AFTER:
                await self._end_process(request)
                return ConnectionReset()
        response = (TruncatedResponse if fault is Fault.LOST_RESPONSE else Response)(body, status)
        response.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]
        return response

    async def _end_process(self, request: Request) -> None:
        assert request.client
        try:
            self._kill(request.client.port)
        except LookupError:
            # On a slow machine the function may have given up waiting, or its other request has
            # just killed it: then its connection is closed, or will be at once.
            if not await _disconnects(request):
                raise

    async def _forward(self, request: Request) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        response = await self._connections.request(
            request.method,
            httpcore.URL(
                scheme=self._upstream.scheme,
                host=self._upstream.host,
                port=self._upstream.port,
                target=_target(request),
            ),
            headers=[each for each in request.headers.raw if each[0] != b"connection"],
            content=await request.body(),
        )
        headers = [(name, value) for name, value in response.headers if name not in _FRAMING]
        return response.status, headers, response.content


async def _disconnects(request: Request) -> bool:
    """Whether the client closes its connection within a second."""
    end = time.monotonic() + 1
    while not (is_disconnected := await request.is_disconnected()) and time.monotonic() < end:
        await asyncio.sleep(0.05)
    return is_disconnected


async def _recognized(request: Request) -> FunctionRequest:
    target, body = _target(request).decode(), await request.body()
    return recognize(request.method, target, request.headers, body)


def _target(request: Request) -> bytes:
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + b"?" + query if query else path


@contextmanager
def serve(*proxies: FaultProxy) -> Iterator[list[str]]:
    """Serve each proxy on a free port of 127.0.0.1; yields their URLs.

    Raises an ExceptionGroup of their errors at the end of the block.
    """
    with ExitStack() as stack:
        yield [stack.enter_context(_serve(proxy)) for proxy in proxies]
    if errors := [error for proxy in proxies for error in proxy.errors]:
        raise ExceptionGroup("requests that the proxies could not serve", errors)


@contextmanager
def _serve(proxy: FaultProxy) -> Iterator[str]:
    certificates = proxy.certificates
    config = uvicorn.Config(
        proxy,
        http=ResettableProtocol,
        ws="none",
        lifespan="off",
        proxy_headers=False,
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
        ssl_certfile=certificates.chain if certificates else None,
        ssl_keyfile=certificates.key if certificates else None,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # Accepted connections inherit it; with Nagle's algorithm a response takes 40 ms longer.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(target=server.run, args=([listener],), name="proxy")
        thread.start()
        try:
            while thread.is_alive() and not server.started:
                time.sleep(0.01)
            yield f"{'https' if certificates else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
