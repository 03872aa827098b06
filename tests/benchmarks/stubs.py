"""The services that an upload needs, over TLS, each on a port of its own; they keep a journal.

``python -m tests.benchmarks.stubs CERTIFICATE PICTURE JOURNAL MILLISECONDS`` prints each
service's address as JSON and serves until standard input closes. It runs apart, so that its
work is not counted as a contestant's.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TextIO

from tests.benchmarks.answers import Answered, Asked, answers


@dataclass(slots=True)
class Stub:
    """One service: every answer takes `delay` seconds, and connections are kept."""

    service: str
    answer: Callable[[Asked], Answered]
    delay: float
    journal: TextIO
    connections: count[int] = field(default_factory=count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes over one connection until it closes."""
        connection = next(self.connections)
        try:
            while asked := await _read(reader):
                began = time.monotonic()
                await asyncio.sleep(self.delay)
                answered = self.answer(asked)
                writer.write(_encoded(answered))
                await writer.drain()
                self._note(connection, answered, began)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _note(self, connection: int, answered: Answered, began: float) -> None:
        line: dict[str, Any] = {
            "service": self.service,
            "operation": answered.operation,
            "connection": connection,
            "began": began,
            "ended": time.monotonic(),
            "sent": len(answered.body),
        }
        self.journal.write(json.dumps(line) + "\n")
        self.journal.flush()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    request, *lines = head.rstrip().split("\r\n")
    method, path, _ = request.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)


def _encoded(answered: Answered) -> bytes:
    headers = {
        "Content-Type": answered.content_type,
        "Content-Length": str(len(answered.body)),
        **answered.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answered.status}\r\n{lines}\r\n".encode() + answered.body


async def _serve(certificate: Path, picture: Path, journal: Path, delay: float) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    addresses = {}
    with journal.open("a", encoding="utf-8") as file:
        for service, answer in answers(picture.read_bytes()).items():
            stub = Stub(service, answer, delay, file)
            server = await asyncio.start_server(stub.serve, "127.0.0.1", 0, ssl=context)
            addresses[service] = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        print(json.dumps(addresses), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    certificate, picture, journal, milliseconds = sys.argv[1:]
    asyncio.run(_serve(Path(certificate), Path(picture), Path(journal), float(milliseconds) / 1000))
