"""`python -m local.detectliveface`: the fake on its own, for people and for programs."""

import argparse
import logging
import os
import signal
import socket
import ssl
import sys
import time
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from liveness.credentials import TencentCredentials
from liveness.errors import CredentialsMissingError
from local.detectliveface.authentication import Keyring
from local.detectliveface.control import control_app
from local.detectliveface.download import Downloader
from local.detectliveface.process import DEFAULT_CREDENTIALS, SECRET_ID, SECRET_KEY, TOKEN
from local.detectliveface.protocol_faults import HangUpProtocol
from local.detectliveface.request import DEFAULT_CALLS_PER_SECOND, MAX_REQUEST_BYTES, RateLimit
from local.detectliveface.service import Service
from local.detectliveface.stub_rules import DEFAULT_SEED, StubRules

HOST = "127.0.0.1"
# Slow responses are cut off when it stops.
_GRACE_SECONDS = 1
_METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit with 2 where that cannot begin."""
    parser = _parser()
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        service = Service(
            Keyring([TencentCredentials(options.secret_id, options.secret_key, options.token)]),
            RateLimit(options.rate, time.monotonic),
            Downloader(ssl.create_default_context(cafile=options.ca_file)),
            StubRules(seed=options.seed),
        )
    except CredentialsMissingError as error:
        parser.exit(2, f"detectliveface: {error}; correct the option or environment variable\n")
    except OSError as error:
        parser.exit(2, f"detectliveface: --ca-file {options.ca_file} is not usable ({error})\n")
    # With the protocol's number: else asyncio leaves Nagle's algorithm on, which costs 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, options.port))
    except (OSError, OverflowError) as error:
        parser.exit(2, f"detectliveface: port {options.port} is not available ({error})\n")
    # uvicorn raises the signal again after its shutdown: that too is a clean exit.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    # From here on connections wait in the backlog until the server accepts them.
    listener.listen()
    port = listener.getsockname()[1]
    print(f"DetectLiveFace fake ready at http://{HOST}:{port}", flush=True)
    if options.port_file:
        options.port_file.write_text(f"{port}\n")
    config = uvicorn.Config(
        _app(service),
        http=HangUpProtocol,
        ws="none",
        lifespan="off",
        # An access log would have the queries of URLs.
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _app(service: Service) -> Starlette:
    """The API at `/`, and the control endpoint under `/_control/`."""

    async def detect(request: Request) -> Response:
        # Read all of it, so that the caller reads the response, but keep only so much.
        body = bytearray()
        size = 0
        try:
            async for chunk in request.stream():
                size += len(chunk)
                body += chunk[: MAX_REQUEST_BYTES - len(body)]
        except ClientDisconnect:
            # The caller left before the request was complete; nobody receives this.
            return Response()
        return await service.respond(request.method, dict(request.headers), bytes(body), size)

    return Starlette(
        routes=[
            Route("/", detect, methods=_METHODS),
            Mount("/_control", app=control_app(service)),
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.detectliveface",
        description="A fake of DetectLiveFace on 127.0.0.1, described in its README.md.",
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, is any free one")
    parser.add_argument("--port-file", type=Path, help="gets the port, in a line, once ready")
    for option, variable, default in (
        ("--secret-id", SECRET_ID, DEFAULT_CREDENTIALS.secret_id),
        ("--secret-key", SECRET_KEY, DEFAULT_CREDENTIALS.secret_key),
        ("--token", TOKEN, None),
    ):
        value = os.environ.get(variable, default)
        parser.add_argument(option, default=value, help=f"or {variable}, which `ps` does not show")
    rate = "calls per second; default: %(default)s"
    parser.add_argument("--rate", type=int, default=DEFAULT_CALLS_PER_SECOND, help=rate)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of all random numbers")
    parser.add_argument("--ca-file", type=Path, help="CA bundle for https downloads")
    return parser


if __name__ == "__main__":
    main()
