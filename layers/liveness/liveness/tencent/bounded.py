"""Connections whose every wait for the network ends with one deadline.

The time-outs of HTTP libraries bound single waits: a server that drips its answer, headers
included, can hold a call for hours. Here each wait is cut to what is left: connecting to each
address, TLS, the proxy, sending, each read. Only the look-up of the server's name keeps the time
limit of the system's resolver.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import urllib3.connection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from liveness.model import Deadline

if TYPE_CHECKING:
    from ssl import SSLContext

    from _typeshed import WriteableBuffer

CONNECT_WITHIN = 3.0
# What goes into one TLS record, so that no single send waits twice.
_PIECE = 16 * 1024
_WITHOUT_DELAY = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)

_deadline: ContextVar[Deadline] = ContextVar("deadline")


@contextmanager
def until(deadline: Deadline) -> Iterator[None]:
    """End every wait of this thread's connections by then."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float:
    """Seconds until the deadline. Raises TimeoutError where it has passed."""
    return _left(_deadline.get())


def _left(deadline: Deadline) -> float:
    left = deadline.left
    if not left:
        raise TimeoutError("the deadline has passed")
    return left


def connected(host: str, port: int, options: Iterable[Any] = _WITHOUT_DELAY) -> socket.socket:
    """Connect to the first address that answers; all tries share the time of one.

    Raises OSError, and TimeoutError where the last address did not answer in time.
    """
    deadline = _deadline.get()
    connecting = Deadline(min(deadline.at, deadline.clock() + CONNECT_WITHIN), deadline.clock)
    failure = OSError("the name has no address")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as cause:
        raise OSError("the name could not be looked up") from cause
    for tried, (family, kind, protocol, _, address) in enumerate(found):
        sock = socket.socket(family, kind, protocol)
        try:
            for option in options:
                sock.setsockopt(*option)
            sock.settimeout(_left(connecting) / (len(found) - tried))
            sock.connect(address)
        except OSError as cause:
            sock.close()
            failure = cause
        else:
            return sock
    raise failure


class _Incoming(io.RawIOBase):
    """What a socket receives, up to the deadline."""

    def __init__(self, sock: socket.socket, received: io.RawIOBase, deadline: Deadline) -> None:
        super().__init__()
        self._sock = sock
        self._received = received
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._sock.settimeout(_left(self._deadline))
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        received = self.fp.detach()
        self.fp = io.BufferedReader(_Incoming(sock, received, _deadline.get()))


class _Bounded(http.client.HTTPConnection):
    response_class = _BoundedResponse

    def send(self, data: Any) -> None:
        """Send bytes; http.client connects first where it has to."""
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), _PIECE):
            self.sock.settimeout(seconds_left())
            super().send(data[start : start + _PIECE])


class DirectConnection(_Bounded):
    """A connection of http.client; plain where it is given no TLS."""

    def __init__(self, host: str, port: int, tls: SSLContext | None) -> None:
        super().__init__(host, port)
        self._tls = tls

    def connect(self) -> None:
        """Connect, and shake hands for TLS. Raises OSError, ssl.SSLError among them."""
        sock = connected(self.host, self.port)
        if self._tls:
            sock.settimeout(min(CONNECT_WITHIN, seconds_left()))
            sock = self._tls.wrap_socket(sock, server_hostname=self.host)
        self.sock = sock


class ProxiedConnection(_Bounded, urllib3.connection.HTTPConnection):
    """A connection of urllib3, for the ways through proxies."""

    def _new_conn(self) -> socket.socket:
        try:
            return connected(self._dns_host, self.port, self.socket_options or ())
        except TimeoutError as cause:
            raise ConnectTimeoutError(self, "no address answered in time") from cause
        except OSError as cause:
            raise NewConnectionError(self, "no address could be connected to") from cause


class _ProxiedTLSConnection(ProxiedConnection, urllib3.connection.HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = ProxiedConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _ProxiedTLSConnection


POOLS = MappingProxyType({"http": _Pool, "https": _TLSPool})
