"""A network of fakes: sockets on a clock, beneath the real connections of urllib3."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterable
from typing import Any

from tests.unit.tencent.fakes import Clock


class Receiving(io.RawIOBase):
    """What a socket receives: each piece after so many seconds, within the socket's time-out."""

    def __init__(self, sock: Socket) -> None:
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


class Socket:
    """A fake socket on a clock; connecting and each sending take their seconds."""

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
        return io.BufferedReader(Receiving(self))

    def close(self) -> None:
        self.closed = True


class Network:
    """Stands where bounded.py finds `socket`: names, and one fake socket per address."""

    SOCK_STREAM = socket.SOCK_STREAM

    def __init__(self, *sockets: Socket, unknown: Exception | None = None) -> None:
        self.sockets = list(sockets)
        self.unknown = unknown
        self.opened: list[Socket] = []

    def getaddrinfo(self, host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        if self.unknown:
            raise self.unknown
        family = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*family, (f"192.0.2.{n}", port)) for n in range(1, len(self.sockets) + 1)]

    def socket(self, family: int, kind: int, protocol: int) -> Socket:
        self.opened.append(self.sockets.pop(0))
        return self.opened[-1]
