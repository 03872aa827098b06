"""One request and its answer over HTTP, in bounded time and space.

The time-outs of requests bound single waits: a server that drips its answer, headers included,
can hold a call for hours. Here every wait for the network is cut to what is left of one
deadline: connecting to each address, TLS, the proxy, sending, each read. Only the look-up of
the server's name keeps the time limit of the system's resolver.
"""

from __future__ import annotations

import http.client
import io
import socket
from contextlib import closing
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidProxyURL, InvalidURL, SSLError, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from liveness.model import Deadline
from liveness.tencent.no_answer import no_answer, refused_status

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CONNECT_WITHIN = 3.0
# An answer has about 150 bytes.
MOST_BYTES = 64 * 1024
_HTTP_OK = 200
# What goes into one TLS record, so that no single send waits twice.
_PIECE = 16 * 1024

_deadline: ContextVar[Deadline] = ContextVar("deadline")


def bounded_session() -> requests.Session:
    """Open a session that keeps connections, and bounds them as `exchange` asks."""
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter())
    return session


def exchange(
    session: requests.Session, request: requests.PreparedRequest, deadline: Deadline, attempt: int
) -> bytes:
    """Send a request and return the body of its answer, if that has HTTP status 200.

    Proxies and CA bundle are those of the environment, as requests has it. No redirect is
    followed. Raises ServiceUnreachable.
    """
    # Not Session.send: it reads a redirect's body and address even when told not to follow.
    url = request.url or ""
    settings = session.merge_environment_settings(url, {}, True, None, None)
    # A session told not to verify is not obeyed.
    verify = settings["verify"] or True
    token = _deadline.set(deadline)
    try:
        left = _left(deadline)
        response = session.get_adapter(url).send(
            request,
            stream=True,
            timeout=(min(CONNECT_WITHIN, left), left),
            verify=verify,
            cert=settings["cert"],
            proxies=settings["proxies"],
        )
        with closing(response):
            if response.status_code != _HTTP_OK:
                raise refused_status(response.status_code, attempt)
            content: bytes = response.raw.read(MOST_BYTES + 1, decode_content=True)
    except (InvalidURL, InvalidProxyURL):
        # Not chained: the text holds the proxy's address, and with it the proxy's password.
        raise no_answer("ProxyInvalid", attempt) from None
    except SSLError as cause:
        raise no_answer("TlsFailed", attempt) from cause
    except (OSError, HTTPError) as cause:
        late = isinstance(cause, Timeout) or not deadline.left
        raise no_answer("TimedOut" if late else "ConnectionFailed", attempt) from cause
    finally:
        _deadline.reset(token)
    if len(content) > MOST_BYTES:
        raise no_answer("TooLarge", attempt)
    return content


def _left(deadline: Deadline) -> float:
    left = deadline.left
    if not left:
        raise TimeoutError("the deadline has passed")
    return left


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


class _BoundedConnection(HTTPConnection):
    response_class = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers; all tries share the time of one.

        urllib3 would wait in full for each.
        """
        deadline = _deadline.get()
        connecting = Deadline(min(deadline.at, deadline.clock() + CONNECT_WITHIN), deadline.clock)
        failure: OSError = OSError("the name has no address")
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as cause:
            raise NewConnectionError(self, "the name could not be looked up") from cause
        for tried, (family, kind, protocol, _, address) in enumerate(found):
            sock = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(_left(connecting) / (len(found) - tried))
                sock.connect(address)
            except OSError as cause:
                sock.close()
                failure = cause
            else:
                return sock
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, "no address answered in time") from failure
        raise NewConnectionError(self, "no address could be connected to") from failure

    def send(self, data: Any) -> None:
        """Send bytes; http.client connects first where it has to."""
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), _PIECE):
            self.sock.settimeout(_left(_deadline.get()))
            super().send(data[start : start + _PIECE])


class _BoundedTLSConnection(_BoundedConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTLSConnection


_POOLS = MappingProxyType({"http": _Pool, "https": _TLSPool})


class BoundedAdapter(HTTPAdapter):
    """Carries what `exchange` sends; its time-outs bound phases, not single waits."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Use connections that know the deadline."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = dict(_POOLS)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Use them through HTTP proxies too."""
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = dict(_POOLS)
        return manager
