"""The way without a proxy: requests sent over kept connections of http.client.

urllib3 can do more, of which this one call needs nothing, and costs more (docs/performance.md); it
also reads the CA bundle anew for each connection.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path
from ssl import SSLContext
from urllib.parse import SplitResult, urlsplit

from requests import PreparedRequest, Response
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPResponse as DecodingResponse
from urllib3.util.ssl_ import create_urllib3_context

from liveness.idle import Idle
from liveness.once import once
from liveness.tencent.bounded import DirectConnection

_PORTS = {"https": 443, "http": 80}


def trust(bundle: str) -> SSLContext:
    """Speak TLS as urllib3 does, with whom a file or a folder of certificates vouches for."""
    context = create_urllib3_context()
    folder = Path(bundle).is_dir()
    context.load_verify_locations(
        cafile=None if folder else bundle, capath=bundle if folder else None
    )
    return context


class Direct:
    """Sends requests, and keeps the connections whose answers were read to their end.

    Safe for several threads. Raises OSError, ssl.SSLError among them, or HTTPException.
    """

    def __init__(self, trust: Callable[[str], SSLContext] = trust) -> None:
        self._idle = Idle[DirectConnection]()
        # A bundle is read once: each reading takes longer than a call.
        self._trusting = once(trust)

    def send(self, request: PreparedRequest, bundle: str | None) -> Response:
        """Return the answer as soon as its headers are there.

        `bundle` is a file or a folder of certificates; those that requests brings, where None.
        """
        parts = urlsplit(request.url or "")
        place = (parts.scheme, parts.netloc, bundle)
        connection = self._idle.take(place) or self._new(parts, bundle or DEFAULT_CA_BUNDLE_PATH)
        try:
            connection.request(
                request.method or "", request.path_url, request.body, request.headers
            )
            answer = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        response = Response()
        response.request, response.url = request, request.url or ""
        response.status_code, response.reason = answer.status, answer.reason
        response.raw = _Body(answer, connection, partial(self._idle.put, place, connection))
        return response

    def close(self) -> None:
        """Close the connections that wait to be used again."""
        self._idle.close()

    def _new(self, parts: SplitResult, bundle: str) -> DirectConnection:
        tls = self._trusting(bundle) if parts.scheme == "https" else None
        return DirectConnection(parts.hostname or "", parts.port or _PORTS[parts.scheme], tls)


class _Body:
    """The body of an answer, as requests reads it; then its connection is kept or closed."""

    def __init__(
        self, answer: HTTPResponse, connection: DirectConnection, keep: Callable[[], None]
    ) -> None:
        self._answer = answer
        self._connection = connection
        self._keep = keep

    def read(self, amount: int, *, decode_content: bool = True) -> bytes:
        """Read up to so many bytes. Raises IncompleteRead where the answer was cut short."""
        encoding = self._answer.getheader("Content-Encoding", "identity")
        if decode_content and encoding != "identity":
            headers = {"Content-Encoding": encoding}
            decoding = DecodingResponse(self._answer, headers, preload_content=False)
            return decoding.read(amount, decode_content=True)
        content = self._answer.read(amount)
        if len(content) < amount and self._answer.length:
            raise IncompleteRead(content, self._answer.length)
        return content

    def close(self) -> None:
        """Keep the connection, if nothing of the answer is left in it."""
        if self._answer.isclosed() and not self._answer.will_close:
            self._keep()
        else:
            self._answer.close()
            self._connection.close()
