"""Stands where X-Ray's daemon is, and keeps what the function tells it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# A datagram's most.
_MOST_BYTES = 65_535
_LOOKS_UP_SECONDS = 0.2


@dataclass(slots=True)
class Daemon:
    """What came in, in order: a line of JSON that says what it is, then a segment."""

    address: str
    heard: list[str] = field(default_factory=list)

    def tell(self, segment: Mapping[str, Any]) -> None:
        """Send it a segment, as X-Ray's SDK does."""
        host, _, port = self.address.partition(":")
        datagram = f'{{"format":"json","version":1}}\n{json.dumps(segment)}'
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
            mouth.sendto(datagram.encode(), (host, int(port)))

    def segments(self) -> list[Mapping[str, Any]]:
        """Each segment document."""
        return [json.loads(datagram.partition("\n")[2]) for datagram in list(self.heard)]


@contextmanager
def xray_daemon() -> Iterator[Daemon]:
    """Listen until the end of the block."""
    over = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(_LOOKS_UP_SECONDS)
        daemon = Daemon(f"127.0.0.1:{ear.getsockname()[1]}")

        def listen() -> None:
            while not over.is_set():
                try:
                    daemon.heard.append(ear.recv(_MOST_BYTES).decode())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen, name="xray")
        thread.start()
        try:
            yield daemon
        finally:
            over.set()
            thread.join()
