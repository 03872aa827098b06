"""The way from a phone or browser to the local cloud: the upload API and the bucket, over http.

The emulator has a certificate that no phone trusts, and finds an HTTP API by the header Host, which
no browser sets. This forwards `/v1/…` to the API and a POST of a form to the bucket, and nothing
else. In the answers it replaces the emulator's address by its own.
"""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from local.emulator import Emulator
from local.loopback import listen, serve

# A long poll takes 20 seconds, and the function that answers it may have to start before.
_TIMEOUTS = dict.fromkeys(("connect", "read", "write", "pool"), 60.0)
# Each of the two connections has its own (RFC 9110, section 7.6.1).
_OF_ONE_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade"}
)
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


@dataclass(frozen=True, slots=True)
class PhoneGateway:
    """An ASGI application at `url`, in front of the emulator at `emulator_url`."""

    url: str
    emulator_url: str
    api_id: str
    bucket: str
    connections: httpcore.AsyncConnectionPool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward one request; 404 where it is neither for the API nor for the bucket."""
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        host = self._host(request)
        if host is None:
            return JSONResponse({"message": "Not Found"}, 404)
        try:
            return await self._forward(request, host)
        except httpcore.TimeoutException:
            return JSONResponse({"message": "Gateway Timeout"}, 504)
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return JSONResponse({"message": "Bad Gateway"}, 502)
        except ClientDisconnect:
            # The phone left before its request was complete; nobody receives this.
            return Response()

    def _host(self, request: Request) -> str | None:
        """The header Host by which the emulator finds the API or the bucket."""
        emulator, path = urlsplit(self.emulator_url), request.scope["raw_path"]
        if path.startswith(b"/v1/"):
            return f"{self.api_id}.execute-api.localhost:{emulator.port}"
        is_form = request.method in {"POST", "OPTIONS"} and path == f"/{self.bucket}".encode()
        # A query would make another request of it: `?delete` deletes objects.
        return emulator.netloc if is_form and not request.scope["query_string"] else None

    async def _forward(self, request: Request, host: str) -> Response:
        """Send the request as it is, its body as it comes, and return the answer."""
        emulator, query = urlsplit(self.emulator_url), request.scope["query_string"]
        headers = _without(request.headers.raw, _OF_ONE_CONNECTION | {b"host"})
        has_body = any(name in _FRAMING for name, _ in headers)
        answer = await self.connections.request(
            request.method,
            httpcore.URL(
                scheme=emulator.scheme,
                host=emulator.hostname or "",
                port=emulator.port,
                target=request.scope["raw_path"] + (b"?" + query if query else b""),
            ),
            headers=[(b"host", host.encode()), *headers],
            content=request.stream() if has_body else None,
            extensions={"timeout": _TIMEOUTS},
        )
        response = Response(self._with_own_address(answer.content), answer.status)
        # What Starlette adds is the length of the body, where the status has one.
        framing = [(name, value) for name, value in response.raw_headers if name in _FRAMING]
        forwarded = _without(answer.headers, _OF_ONE_CONNECTION | _FRAMING)
        response.raw_headers = [
            *((name, self._with_own_address(value)) for name, value in forwarded),
            *framing,
        ]
        return response

    def _with_own_address(self, content: bytes) -> bytes:
        return content.replace(self.emulator_url.encode(), self.url.encode())


def _without(
    headers: Iterable[tuple[bytes, bytes]], names: frozenset[bytes]
) -> list[tuple[bytes, bytes]]:
    lowered = ((name.lower(), value) for name, value in headers)
    return [(name, value) for name, value in lowered if name not in names]


@contextmanager
def run_phone_gateway(emulator: Emulator, api_id: str, bucket: str) -> Iterator[str]:
    """Serve the way to one API and one bucket until the end of the block; yields its URL."""
    listener, url = listen()
    connections = httpcore.AsyncConnectionPool(
        ssl_context=ssl.create_default_context(cafile=emulator.ca_bundle),
        max_connections=None,
        # The emulator does not stop while a connection is open.
        max_keepalive_connections=0,
    )
    with serve(PhoneGateway(url, emulator.url, api_id, bucket, connections), listener):
        yield url
