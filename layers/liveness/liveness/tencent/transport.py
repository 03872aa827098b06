"""One request and its answer over HTTP, in bounded time and space."""

from __future__ import annotations

import ssl
from contextlib import closing
from http.client import HTTPException
from typing import Any, override

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidProxyURL, InvalidURL, SSLError, Timeout
from requests.utils import select_proxy
from urllib3.exceptions import HTTPError

from liveness.model import Deadline
from liveness.tencent.bounded import CONNECT_WITHIN, POOLS, seconds_left, until
from liveness.tencent.direct import Direct
from liveness.tencent.no_answer import no_answer, refused_status

# An answer has about 150 bytes.
MOST_BYTES = 64 * 1024
_HTTP_OK = 200


def bounded_session(direct: Direct | None = None) -> requests.Session:
    """Open a session that keeps connections, and bounds them as `exchange` asks."""
    session = BoundedSession()
    adapter = BoundedAdapter(direct)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
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
    try:
        with until(deadline):
            left = seconds_left()
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
    except (SSLError, ssl.SSLError) as cause:
        raise no_answer("TlsFailed", attempt) from cause
    except (OSError, HTTPError, HTTPException) as cause:
        late = isinstance(cause, Timeout | TimeoutError) or not deadline.left
        raise no_answer("TimedOut" if late else "ConnectionFailed", attempt) from cause
    if len(content) > MOST_BYTES:
        raise no_answer("TooLarge", attempt)
    return content


class BoundedSession(requests.Session):
    """A session that reads the environment once for each address."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, Any] = {}

    def merge_environment_settings(self, url: Any, *asked: Any) -> Any:
        """Proxies and CA bundle do not change while a function lives."""
        if url not in self._found:
            self._found[url] = super().merge_environment_settings(url, *asked)
        return self._found[url]


class BoundedAdapter(HTTPAdapter):
    """Carries what `exchange` sends; its time-outs bound phases, not single waits."""

    def __init__(self, direct: Direct | None = None) -> None:
        super().__init__()
        self._direct = direct or Direct()

    @override
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send directly, or by urllib3 where there is a proxy, or a certificate of our own."""
        if cert or (proxies and select_proxy(request.url or "", proxies)):
            return super().send(request, stream, timeout, verify, cert, proxies)
        return self._direct.send(request, verify if isinstance(verify, str) else None)

    @override
    def close(self) -> None:
        """Close all connections that are kept."""
        self._direct.close()
        super().close()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Use connections that know the deadline."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = dict(POOLS)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Use them through HTTP proxies too."""
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = dict(POOLS)
        return manager
