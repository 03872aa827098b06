"""Carries botocore's requests over kept connections, all of which trust one set of roots.

Left alone, botocore reads its CA bundle for each new connection of each client, which is most of
a first upload's CPU time. Its event `before-send` takes a response in place of sending.
"""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from liveness.idle import Idle
from liveness.once import once


class KeptConnections:
    """Sends what is asked over https; each wait is bounded, in seconds, as botocore's are.

    Safe for several threads: a connection is one's own until the answer is read. Raises what
    botocore raises, so that its retries and their faults stay what they are.
    """

    def __init__(
        self,
        ca_bundle: str,
        connect_timeout: float,
        read_timeout: float,
        *,
        connection: Callable[..., HTTPSConnection] = HTTPSConnection,
    ) -> None:
        self._ca_bundle = ca_bundle
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._new = connection
        self._idle = Idle[HTTPSConnection]()
        self._trusting = once(_trust)

    def send(self, request: Any, **_told: Any) -> AWSResponse | None:
        """Answer the event. None leaves the request to botocore: it is not for https."""
        parts = urlsplit(request.url)
        if parts.scheme != "https":
            return None
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection = self._idle.take(parts.netloc) or self._connected(parts.netloc, request.url)
        kept = False
        try:
            connection.request(request.method, target, request.body, request.headers)
            answer = connection.getresponse()
            content = answer.read()
            kept = not answer.will_close
        except (OSError, HTTPException) as cause:
            raise _failed(cause, request) from cause
        finally:
            if kept:
                self._idle.put(parts.netloc, connection)
            else:
                connection.close()
        headers: Any = answer.getheaders()
        return AWSResponse(request.url, answer.status, headers, _Read(content))

    def _connected(self, host: str, url: str) -> HTTPSConnection:
        try:
            connection = self._new(
                host, timeout=self._connect_timeout, context=self._trusting(self._ca_bundle)
            )
            connection.connect()
        except ssl.SSLError as cause:
            raise SSLError(endpoint_url=url, error=cause) from cause
        except TimeoutError as cause:
            raise ConnectTimeoutError(endpoint_url=url, error=cause) from cause
        except OSError as cause:
            raise EndpointConnectionError(endpoint_url=url, error=cause) from cause
        connection.sock.settimeout(self._read_timeout)
        return connection


def _trust(ca_bundle: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_bundle)
    return context


class _Read(io.BytesIO):
    """A body that was read already, as botocore wants to read it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def _failed(cause: OSError | HTTPException, request: Any) -> BotoCoreError:
    match cause:
        case TimeoutError():
            return ReadTimeoutError(endpoint_url=request.url, error=cause)
        case ssl.SSLError():
            return SSLError(endpoint_url=request.url, error=cause)
    return ConnectionClosedError(endpoint_url=request.url, request=request, error=cause)
