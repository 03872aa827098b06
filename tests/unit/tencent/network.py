"""A fake network: sockets on a clock, beneath the real connections of urllib3."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterable
from typing import Any

from tests.unit.tencent.fakes import Clock


class FakeSocket:
    """A socket on a clock; connecting and each sending take their seconds.

    Of `pieces` each is received after so many seconds, if the socket's timeout allows it.
    """

    def __init__(
        self,
        clock: Clock,
        pieces: Iterable[tuple[float, bytes]] = (),
        *,
        connecting: float = 0.0,
        sending: float = 0.0,
        refuses: bool = False,
    ) -> None:
        self.clock = clock
        self.pieces = list(pieces)
        self.connecting = connecting
        self.sending = sending
        self.refuses = refuses
        self.timeout: float | None = None
        self.timeouts: list[float] = []
        self.sent = b""
        self.options: list[tuple[Any, ...]] = []
        self.address: object = None
        self.closed = False

    def wait(self, seconds: float) -> None:
        assert self.timeout is not None
        self.clock.time += min(seconds, self.timeout)
        if seconds > self.timeout:
            raise TimeoutError("timed out")

    def settimeout(self, seconds: float) -> None:
        self.timeout = seconds
        self.timeouts.append(seconds)

    def setsockopt(self, *option: Any) -> None:
        self.options.append(option)

    def connect(self, address: object) -> None:
        self.address = address
        self.wait(self.connecting)
        if self.refuses:
            raise ConnectionRefusedError

    def sendall(self, data: bytes) -> None:
        self.wait(self.sending)
        self.sent += data

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Received(self))

    def shutdown(self, how: int) -> None:
        self.closed = True

    def close(self) -> None:
        self.closed = True


class _Received(io.RawIOBase):
    def __init__(self, sock: FakeSocket) -> None:
        super().__init__()
        self.sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.sock.pieces:
            return 0
        seconds, piece = self.sock.pieces.pop(0)
        self.sock.wait(seconds)
        if len(piece) > len(buffer):
            self.sock.pieces.insert(0, (0.0, piece[len(buffer) :]))
        taken = piece[: len(buffer)]
        buffer[: len(taken)] = taken
        return len(taken)


class FakeNetwork:
    """Replaces the module `socket` in urllib3: names, and one fake socket per address."""

    AF_INET, AF_UNSPEC, SOCK_STREAM = socket.AF_INET, socket.AF_UNSPEC, socket.SOCK_STREAM

    def __init__(self, *sockets: FakeSocket, unknown: Exception | None = None) -> None:
        self.sockets = list(sockets)
        self.unknown = unknown
        self.opened: list[FakeSocket] = []

    def getaddrinfo(self, host: str, port: int, *_: object) -> list[tuple[Any, ...]]:
        if self.unknown:
            raise self.unknown
        family = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*family, (f"192.0.2.{n}", port)) for n in range(1, len(self.sockets) + 1)]

    def socket(self, family: int, kind: int, protocol: int) -> FakeSocket:
        self.opened.append(self.sockets.pop(0))
        return self.opened[-1]
