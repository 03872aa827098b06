"""What the phone's gateway forwards, where to, and what it answers; without a socket."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import httpcore
import pytest
from starlette.types import Message

from local.phone_gateway import PhoneGateway

URL, EMULATOR = "http://127.0.0.1:8000", "https://127.0.0.1:4566"
API_HOST, BUCKET_HOST = b"0a1b2c3d.execute-api.localhost:4566", b"127.0.0.1:4566"

type Headers = list[tuple[bytes, bytes]]


class FakePool(httpcore.AsyncConnectionPool):
    """Connections to an emulator that gives one answer; keeps what it was sent."""

    def __init__(self, answer: httpcore.Response | Exception) -> None:
        super().__init__()
        self.answer = answer
        self.requests: list[httpcore.Request] = []
        self.body = b""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        self.requests.append(request)
        self.body = b"".join([chunk async for chunk in request.stream])  # type: ignore[union-attr]
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Exchange:
    """One request to the gateway: what it sent on, and what it answered."""

    def __init__(
        self,
        method: str,
        target: str,
        *,
        headers: Headers | None = None,
        body: tuple[bytes, ...] = (),
        answer: httpcore.Response | Exception | None = None,
    ) -> None:
        self.pool = FakePool(answer or httpcore.Response(200, content=b"{}"))
        gateway = PhoneGateway(URL, EMULATOR, "0a1b2c3d", "uploads", self.pool)
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": headers or [],
        }
        chunks = [*body, b""]

        async def receive() -> Message:
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def send(message: Message) -> None:
            self.sent.append(message)

        self.sent: list[Message] = []
        _finish(gateway(scope, receive, send))

    @property
    def status(self) -> int:
        status: int = self.sent[0]["status"]
        return status

    @property
    def headers(self) -> Headers:
        return list(self.sent[0]["headers"])

    @property
    def content(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    @property
    def forwarded(self) -> httpcore.Request:
        (request,) = self.pool.requests
        return request


def _finish(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that waits for nothing: an event loop would open a socket."""
    with pytest.raises(StopIteration):
        coroutine.send(None)


def test_a_request_to_the_api_has_its_host_and_is_otherwise_the_same() -> None:
    exchange = Exchange(
        "POST",
        "/v1/uploads?a=%2F",
        headers=[
            (b"host", b"127.0.0.1:8000"),
            (b"authorization", b"Bearer x"),
            (b"connection", b"keep-alive"),
            (b"content-length", b"4"),
        ],
        body=(b"{", b"", b"1 }"),
    )

    assert exchange.forwarded.url.target == b"/v1/uploads?a=%2F"
    assert exchange.forwarded.headers == [
        (b"host", API_HOST),
        (b"authorization", b"Bearer x"),
        (b"content-length", b"4"),
    ]
    assert exchange.pool.body == b"{1 }"
    assert (exchange.status, exchange.content) == (200, b"{}")


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_a_form_for_the_bucket_goes_to_s3(method: str) -> None:
    exchange = Exchange(method, "/uploads")

    assert (b"host", BUCKET_HOST) in exchange.forwarded.headers


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/uploads"),
        ("PUT", "/uploads"),
        ("POST", "/uploads?delete"),
        ("POST", "/uploads/selfies/1"),
        ("POST", "/another-bucket"),
        ("POST", "/"),
        ("GET", "/_ministack/health"),
        ("GET", "/v1"),
    ],
)
def test_nothing_else_is_forwarded(method: str, target: str) -> None:
    exchange = Exchange(method, target)

    assert (exchange.status, exchange.pool.requests) == (404, [])


def test_the_answer_names_the_gateway_where_it_named_the_emulator() -> None:
    answer = httpcore.Response(
        201,
        headers=[
            (b"Transfer-Encoding", b"chunked"),
            (b"Retry-After", b"7"),
            (b"Location", b"https://127.0.0.1:4566/uploads/selfies/1"),
        ],
        content=b'{"url": "https://127.0.0.1:4566/uploads"}',
    )

    exchange = Exchange("POST", "/v1/uploads", answer=answer)

    assert exchange.content == b'{"url": "http://127.0.0.1:8000/uploads"}'
    assert exchange.headers == [
        (b"retry-after", b"7"),
        (b"location", b"http://127.0.0.1:8000/uploads/selfies/1"),
        (b"content-length", b"%d" % len(exchange.content)),
    ]


def test_cors_of_the_api_reaches_the_browser() -> None:
    cors = (b"access-control-allow-origin", b"http://127.0.0.1:9")

    exchange = Exchange("OPTIONS", "/v1/uploads", answer=httpcore.Response(204, headers=[cors]))

    assert (exchange.status, exchange.headers) == (204, [cors])


@pytest.mark.parametrize(
    ("error", "status"),
    [(httpcore.ConnectError("refused"), 502), (httpcore.ReadTimeout("60 s"), 504)],
)
def test_an_emulator_that_does_not_answer_is_the_gateways_error(
    error: Exception, status: int
) -> None:
    assert Exchange("GET", "/v1/uploads/1", answer=error).status == status
