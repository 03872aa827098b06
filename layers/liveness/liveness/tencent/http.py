"""One request and its response over HTTP, in bounded time and space.

urllib3 applies its read timeout to each read of a socket. The body is read in such small steps
that the deadline is checked between any two of them; between two bytes of a response's headers it
is not: a server that drips its headers can delay a call beyond its deadline (docs/decisions.md).
"""

from contextlib import closing
from ssl import SSLError
from typing import Any

import requests
from requests.exceptions import InvalidProxyURL, InvalidURL
from urllib3.exceptions import HTTPError
from urllib3.exceptions import SSLError as TlsError
from urllib3.exceptions import TimeoutError as NetworkTimeout
from urllib3.util import Timeout

from liveness.models import Deadline
from liveness.tencent.error_codes import http_status, no_answer

CONNECT_TIMEOUT = 3.0
# A response has about 150 bytes.
MAX_BODY_BYTES = 64 * 1024
_HTTP_OK = 200


def send(
    session: requests.Session, request: requests.PreparedRequest, deadline: Deadline, attempt: int
) -> bytes:
    """Send a request and return the body of its response, if that has HTTP status 200.

    Proxies and CA bundle are those of the session and of the environment, as requests reads it;
    TLS is verified always. No redirect is followed. Raises ServiceUnreachableError.
    """
    try:
        # Not Session.send: it reads the body and the address of a redirect that it must not follow.
        url = request.url or ""
        left = _remaining(deadline)
        options: dict[str, Any] = {
            **session.merge_environment_settings(url, {}, True, None, None),
            "timeout": Timeout(connect=min(CONNECT_TIMEOUT, left), read=left, total=left),
        }
        options["verify"] = options["verify"] or True
        response = session.get_adapter(url).send(request, **options)
        with closing(response):
            if response.status_code != _HTTP_OK:
                raise http_status(response.status_code, attempt)
            body = _read_body(response, deadline)
    except (InvalidURL, InvalidProxyURL):
        # Not chained: the text has the proxy's URL, and with it the proxy's password.
        raise no_answer("ProxyInvalid", attempt) from None
    except (requests.exceptions.SSLError, SSLError, TlsError) as error:
        raise no_answer("TlsFailed", attempt) from error
    except (OSError, HTTPError) as error:
        timeouts = (requests.Timeout, TimeoutError, NetworkTimeout)
        is_late = isinstance(error, timeouts) or not deadline.remaining
        raise no_answer("TimedOut" if is_late else "ConnectionFailed", attempt) from error
    if len(body) > MAX_BODY_BYTES:
        raise no_answer("TooLarge", attempt)
    return body


def _read_body(response: requests.Response, deadline: Deadline) -> bytes:
    """Read up to one byte more than `MAX_BODY_BYTES`."""
    body = bytearray()
    # read1 returns what is there; read and iter_content wait until they have so many bytes.
    while chunk := response.raw.read1(MAX_BODY_BYTES + 1 - len(body), decode_content=True):
        body += chunk
        _remaining(deadline)
    return bytes(body)


def _remaining(deadline: Deadline) -> float:
    """Seconds until the deadline. Raises TimeoutError where it has passed."""
    if remaining := deadline.remaining:
        return remaining
    raise TimeoutError("the deadline has passed")
