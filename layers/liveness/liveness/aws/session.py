"""One boto3 session for all clients, and one SSL context for all of their connections."""

import os
import socket
import ssl
from typing import Any
from urllib.request import getproxies

import boto3.session
import botocore.session
from botocore.config import Config
from botocore.httpsession import URLLib3Session, create_urllib3_context, get_cert_path

MAX_POOL_CONNECTIONS = 10

# No default time-out is waited for: docs/capacity.md adds these up to the function's timeout.
CLIENT_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=MAX_POOL_CONNECTIONS,
    # What we send is type-checked, and the service validates it anyway.
    parameter_validation=False,
)


def create_session(config: Config = CLIENT_CONFIG) -> boto3.session.Session:
    """Create a session whose clients have this configuration and share one connection pool.

    Behind a proxy botocore makes the connections itself.
    """
    session = botocore.session.Session()
    # Given a user agent, botocore does not compose one for each request.
    session.set_default_client_config(config.merge(Config(user_agent=session.user_agent())))
    if "https" not in getproxies():
        pool = SharedConnectionPool(config, _ca_bundle(session))
        session.register("before-send", pool.answer)
    return boto3.session.Session(botocore_session=session)


class SharedConnectionPool(URLLib3Session):
    """botocore's own HTTP session, with the CA bundle parsed once.

    Left alone, botocore has every new connection of every client parse it, which is most of a
    first upload's CPU time (https://github.com/boto/botocore/issues/3171).
    """

    def __init__(self, config: Any, ca_bundle: str) -> None:
        self._ca_bundle = ca_bundle
        super().__init__(
            timeout=(config.connect_timeout, config.read_timeout),  # type: ignore[arg-type]  # stubs know one
            max_pool_connections=config.max_pool_connections,
            # botocore's own default, without which each request with a body waits 40 ms.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # type: ignore[list-item]  # stubs
        )

    def answer(self, **event: Any) -> Any:
        """Send for botocore's event `before-send`; retries and errors stay botocore's."""
        request = event["request"]
        return self.send(request) if request.url.startswith("https:") else None

    def _get_ssl_context(self) -> ssl.SSLContext:
        context: ssl.SSLContext = create_urllib3_context()
        context.load_verify_locations(self._ca_bundle)
        return context

    def _setup_ssl_cert(self, conn: Any, url: str, verify: Any) -> None:
        """Leave the connection to the context, which verifies and has the CA bundle."""


def _ca_bundle(session: Any) -> str:
    """The CA bundle that botocore would use, in its order."""
    configured = session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
    return str(get_cert_path(verify=configured or True))  # type: ignore[arg-type]
