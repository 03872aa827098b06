"""A fake of X-Ray's daemon: keeps what the function sends."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_MAX_DATAGRAM_BYTES = 65_535
_STOPS_WITHIN_SECONDS = 0.2


@dataclass(slots=True)
class FakeXRayDaemon:
    """The datagrams received, in order: a header line of JSON, then a segment document."""

    address: str
    received: list[str] = field(default_factory=list)

    def send(self, segment: Mapping[str, Any]) -> None:
        """Send it a segment document, as X-Ray's SDK does."""
        host, _, port = self.address.partition(":")
        datagram = f'{{"format":"json","version":1}}\n{json.dumps(segment)}'
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(datagram.encode(), (host, int(port)))

    def segments(self) -> list[Mapping[str, Any]]:
        """Each segment document."""
        return [json.loads(datagram.partition("\n")[2]) for datagram in list(self.received)]


@contextmanager
def run_xray_daemon() -> Iterator[FakeXRayDaemon]:
    """Receive in a thread until the end of the block."""
    stopped = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(_STOPS_WITHIN_SECONDS)
        daemon = FakeXRayDaemon(f"127.0.0.1:{receiver.getsockname()[1]}")

        def receive() -> None:
            while not stopped.is_set():
                try:
                    daemon.received.append(receiver.recv(_MAX_DATAGRAM_BYTES).decode())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=receive, name="xray")
        thread.start()
        try:
            yield daemon
        finally:
            stopped.set()
            thread.join()
