"""A reverse proxy on loopback between the function and a service, which does harm by rule.

Host and bytes travel as they came, so that signatures hold. Which process asks is known by the
port that its connection came from.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import h11

from local.certificates import Certificates
from tests.faults.harm import Harm, Rules
from tests.faults.refusal import refusal_of
from tests.faults.step import seen

# Longer than the function waits to read (2 s), and than DetectLiveFace does to download (3 s).
SLOW_SECONDS = 3.5
_CHUNK = 64 * 1024
_WITHIN_SECONDS = 10
# Framing is for each of the two connections to say; everything else travels as it came.
_FRAMING = frozenset({b"transfer-encoding", b"connection", b"keep-alive", b"content-length"})

type Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Question:
    """A request with its body."""

    head: h11.Request
    body: bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer with its body; of one that is cut, the client gets half and then a reset."""

    status: int
    headers: Headers
    body: bytes
    cut: bool = False


class _Reset(Exception):
    """Instead of an answer, the connection is reset."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How the proxy serves, and what it trusts in the service behind it."""

    server: ssl.SSLContext
    client: ssl.SSLContext

    @classmethod
    def of(cls, certificates: Certificates) -> Self:
        """As the engine itself does, by its own certificate."""
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.load_cert_chain(certificates.chain, certificates.key)
        return cls(server, ssl.create_default_context(cafile=certificates.authority))


@dataclass(frozen=True, slots=True)
class Proxy:
    """In front of a port on 127.0.0.1, with TLS on both sides or on neither.

    `kill` ends the process that has a port as its end of a connection.
    """

    upstream: int
    tls: Tls | None
    rules: Rules
    kill: Callable[[int], None]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until its client ends it, or it is reset."""
        connection = h11.Connection(h11.SERVER)
        try:
            while question := await _question(connection, reader):
                answer = await self._answer(question, _port(writer))
                sent = _bytes(connection, answer)
                writer.write(sent[: len(sent) // 2] if answer.cut else sent)
                await writer.drain()
                if answer.cut:
                    _reset(writer)
                if connection.our_state is not h11.DONE or answer.cut:
                    break
                connection.start_next_cycle()
        except _Reset:
            _reset(writer)
        except (OSError, h11.RemoteProtocolError):
            # The client or the upstream is gone, as it is with processes that are killed.
            writer.transport.abort()
        finally:
            writer.close()

    async def _answer(self, question: _Question, port: int) -> _Answer:
        head = question.head
        headers = {name.decode(): value.decode() for name, value in head.headers}
        what = seen(head.method.decode(), head.target.decode(), headers, question.body)
        harm = self.rules.harm_to(what)
        match harm:
            case Harm.FAILS | Harm.THROTTLES:
                told = refusal_of(what.service, harm)
                content_type = (b"Content-Type", told.content_type.encode())
                return _Answer(told.status, [content_type], told.body)
            case Harm.RESETS:
                raise _Reset
            case Harm.KILLS_BEFORE:
                self.kill(port)
                raise _Reset
        answer = await self._forward(question)
        match harm:
            case Harm.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            case Harm.LOSES_ANSWER:
                return replace(answer, cut=True)
            case Harm.KILLS_AFTER:
                self.kill(port)
                raise _Reset
        return answer

    async def _forward(self, question: _Question) -> _Answer:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.upstream, ssl=self.tls.client if self.tls else None
        )
        with closing(writer):
            connection = h11.Connection(h11.CLIENT)
            head = question.head
            headers = [(name, value) for name, value in head.headers if name != b"connection"]
            once = h11.Request(
                method=head.method,
                target=head.target,
                headers=[*headers, (b"Connection", b"close")],
            )
            for event in (once, h11.Data(data=question.body), h11.EndOfMessage()):
                writer.write(connection.send(event) or b"")
            answer = await _event(connection, reader)
            if not isinstance(answer, h11.Response):
                raise ConnectionError("the upstream ended without an answer")
            body = await _body(connection, reader)
            kept = [(name, value) for name, value in answer.headers if name not in _FRAMING]
            return _Answer(answer.status_code, kept, body)


async def _event(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Event:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(_CHUNK))
    if isinstance(event, type):
        raise ConnectionError("paused")
    return event


async def _body(connection: h11.Connection, reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while isinstance(event := await _event(connection, reader), h11.Data):
        body += event.data
    return bytes(body)


async def _question(connection: h11.Connection, reader: asyncio.StreamReader) -> _Question | None:
    event = await _event(connection, reader)
    if not isinstance(event, h11.Request):
        return None
    return _Question(event, await _body(connection, reader))


def _bytes(connection: h11.Connection, answer: _Answer) -> bytes:
    length = (b"Content-Length", str(len(answer.body)).encode())
    head = h11.Response(status_code=answer.status, headers=[*answer.headers, length])
    events = (head, h11.Data(data=answer.body), h11.EndOfMessage())
    return b"".join(connection.send(event) or b"" for event in events)


def _port(writer: asyncio.StreamWriter) -> int:
    port: int = writer.get_extra_info("peername")[1]
    return port


def _reset(writer: asyncio.StreamWriter) -> None:
    # Closing without lingering is what sends RST.
    lingers_not = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingers_not)
    writer.transport.abort()


class _Loop:
    """An event loop in a thread of its own, and the connections that are served on it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies")
        self._serving: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self.strays: list[BaseException] = []

    def start(self, proxies: Sequence[Proxy]) -> list[str]:
        """Serve each proxy on a free port, and return their addresses."""
        self._thread.start()
        return self._do(self._listen(proxies))

    def stop(self) -> None:
        """End all connections, and the thread."""
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do[Result](self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WITHIN_SECONDS)

    async def _listen(self, proxies: Sequence[Proxy]) -> list[str]:
        addresses = []
        for proxy in proxies:
            tls = proxy.tls.server if proxy.tls else None
            server = await asyncio.start_server(self._server_of(proxy), "127.0.0.1", 0, ssl=tls)
            self._servers.append(server)
            port = server.sockets[0].getsockname()[1]
            addresses.append(f"{'https' if tls else 'http'}://127.0.0.1:{port}")
        return addresses

    def _server_of(
        self, proxy: Proxy
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(proxy.serve(reader, writer))
            # The loop itself holds tasks weakly.
            self._serving.add(task)
            task.add_done_callback(self._served)

        return serve

    def _served(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        error = None if task.cancelled() else task.exception()
        if error:
            self.strays.append(error)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


@contextmanager
def running(*proxies: Proxy) -> Iterator[list[str]]:
    """Serve each proxy on a free port of 127.0.0.1; their addresses, until the block ends.

    Raises an ExceptionGroup then, where a request was not understood or nobody found to be killed.
    """
    loop = _Loop()
    addresses = loop.start(proxies)
    try:
        yield addresses
    finally:
        loop.stop()
    if loop.strays:
        raise BaseExceptionGroup("requests that the proxies could not serve", loop.strays)
