"""The AWS engine on this machine: ministack with IAM enforced, on a free port."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import botocore.session

from local.certificates import Certificates
from local.leash import leashed, release
from local.say import Trouble

REGION = "us-east-1"
STARTS_WITHIN_SECONDS = 30.0
_ROOT_KEY = "test"


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine, over TLS; `environment` makes AWS's tools speak to it."""

    url: str
    log: Path
    ca_bundle: Path

    @property
    def session(self) -> boto3.Session:
        """Root's session; its clients take `endpoint_url=engine.url`."""
        core = botocore.session.Session()
        # Stronger than what AWS_CA_BUNDLE says in the environment of whoever runs this.
        core.set_config_variable("ca_bundle", str(self.ca_bundle))
        return boto3.Session(
            aws_access_key_id=_ROOT_KEY,
            aws_secret_access_key=_ROOT_KEY,
            region_name=REGION,
            botocore_session=core,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": _ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": _ROOT_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CA_BUNDLE": str(self.ca_bundle),
        }


@contextmanager
def engine(command: Path, home: Path) -> Iterator[Engine]:
    """Run the engine within `home`, its only folder, until the end of the block.

    Raises Trouble where it is not installed or does not come up.
    """
    if not command.exists():
        raise Trouble(f"The AWS engine is not installed at {command}.", "Run `make setup`.")
    folder, log = home / "engine", home / "engine.log"
    folder.mkdir(parents=True)
    port = free_port()
    certificates = Certificates.made_in(folder)
    process = leashed(
        _unprivileged([str(command)]),
        log=log,
        environment=_environment(folder, port, certificates),
        directory=folder,
    )
    try:
        running = Engine(f"https://127.0.0.1:{port}", log, certificates.authority)
        _wait_until_up(running, process)
        yield running
    finally:
        release(process)


def free_port() -> int:
    """Ask the system for a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _unprivileged(command: list[str]) -> list[str]:
    """Take from root the right to port 443, which the engine would else serve TLS on too."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        return command
    return [setpriv, "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service", *command]


def _environment(folder: Path, port: int, certificates: Certificates) -> dict[str, str]:
    # Nothing of this machine's: whatever the engine has, the functions have too.
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        # As on AWS, where policies deny whatever does not come over TLS.
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(certificates.chain),
        "MINISTACK_SSL_KEY": str(certificates.key),
        "AWS_CA_BUNDLE": str(certificates.authority),
        "AWS_ACCESS_KEY_ID": _ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": _ROOT_KEY,
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
    }


def _wait_until_up(running: Engine, process: subprocess.Popen[bytes]) -> None:
    trusted = ssl.create_default_context(cafile=str(running.ca_bundle))
    give_up = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise Trouble(
                f"The AWS engine stopped at once (status {process.returncode}).",
                "Something else may have taken its port: try again.",
                running.log,
            )
        try:
            health = f"{running.url}/_ministack/health"
            with urllib.request.urlopen(health, timeout=1, context=trusted):  # noqa: S310  # ours
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise Trouble(
        f"The AWS engine did not answer within {STARTS_WITHIN_SECONDS:.0f} s.",
        "Try again; if it stays so, read the log.",
        running.log,
    )
