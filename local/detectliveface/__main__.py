"""`python -m local.detectliveface`: the stand-in on its own, for people and for programs."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import uvicorn

from liveness.errors import CredentialsMissing
from liveness.tencent.signing import Credentials
from local.detectliveface.app import application
from local.detectliveface.authentication import Keyring
from local.detectliveface.connection import Connection
from local.detectliveface.download import Downloader
from local.detectliveface.journal import Journal
from local.detectliveface.rate import DEFAULT_PER_SECOND, RateLimit
from local.detectliveface.script import DEFAULT_SEED, Script
from local.detectliveface.server import MADE_UP, SECRET_ID, SECRET_KEY, TOKEN
from local.detectliveface.service import Service

HOST = "127.0.0.1"
# Slow answers are cut off at the end, not waited for.
_GRACE_SECONDS = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; exit with 2 where that cannot begin."""
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        service = _service(options)
    except CredentialsMissing as problem:
        return _fail(f"{problem}; correct the option or the environment variable")
    except OSError as problem:
        return _fail(f"--ca-file {options.ca_file} cannot be used ({problem}); name a PEM file")
    # Named as TCP, or asyncio leaves Nagle's algorithm on and answers take 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, options.port))
    except (OSError, OverflowError) as problem:
        return _fail(f"port {options.port} cannot be had ({problem}); choose another, or 0 for any")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit)
    config = uvicorn.Config(
        application(service),
        http=Connection,
        ws="none",
        lifespan="off",
        # An access log would print queries.
        access_log=False,
        log_config=None,
        log_level=logging.WARNING,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    _Server(config, lambda: _announce(listener, options)).run(sockets=[listener])
    return 0


class _Server(uvicorn.Server):
    """Tells when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        await super().startup(sockets)
        self._ready()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.detectliveface",
        description="A stand-in for DetectLiveFace on 127.0.0.1. Its README.md tells the rest.",
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, is any free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port once ready")
    parser.add_argument(
        "--secret-id", default=os.environ.get(SECRET_ID, MADE_UP.secret_id), help=f"or {SECRET_ID}"
    )
    parser.add_argument(
        "--secret-key",
        default=os.environ.get(SECRET_KEY, MADE_UP.secret_key),
        help=f"or {SECRET_KEY}, which other users of the machine cannot see",
    )
    parser.add_argument("--token", default=os.environ.get(TOKEN), help=f"or {TOKEN}")
    parser.add_argument(
        "--rate", type=int, default=DEFAULT_PER_SECOND, help="calls a second; default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of every chance")
    parser.add_argument("--ca-file", type=Path, help="authority to trust in https downloads")
    parser.add_argument(
        "--exit-with-stdin", action="store_true", help="stop when standard input ends"
    )
    return parser.parse_args(arguments)


def _service(options: argparse.Namespace) -> Service:
    return Service(
        keyring=Keyring([Credentials(options.secret_id, options.secret_key, options.token)]),
        limit=RateLimit(options.rate, time.monotonic),
        downloader=Downloader(ssl.create_default_context(cafile=options.ca_file)),
        script=Script(seed=options.seed),
        journal=Journal(),
        now=time.time,
    )


def _announce(listener: socket.socket, options: argparse.Namespace) -> None:
    port = listener.getsockname()[1]
    print(f"DetectLiveFace stand-in ready at http://{HOST}:{port}", flush=True)
    if options.port_file:
        # A reader sees all of the number or none of it.
        written = options.port_file.with_name(f"{options.port_file.name}.part")
        written.write_text(f"{port}\n")
        written.replace(options.port_file)
    if options.exit_with_stdin:
        threading.Thread(target=_exit_with_stdin, daemon=True).start()


def _exit_with_stdin() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _exit(_number: int, _frame: FrameType | None) -> None:
    # uvicorn raises the signal again after it has shut down: that too is a clean end.
    raise SystemExit(0)


def _fail(problem: str) -> int:
    print(f"detectliveface: {problem}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
