"""The AWS emulator on this machine: ministack with IAM enforced, on a free port."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import requests

from local.certificates import Certificates
from local.console import UserError
from local.process_group import start_process_group, stop_process_group

REGION = "us-east-1"
STARTS_WITHIN_SECONDS = 30.0
_ROOT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator, over TLS; `environment` configures the AWS SDKs and CLIs for it."""

    url: str
    log: Path
    ca_bundle: Path
    _clients: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def client(self, service: str) -> Any:
        """A boto3 client of the root user for one service; safe for threads."""
        # Creating one takes a tenth of a second, and much is polled.
        if service not in self._clients:
            # boto3's stubs have an overload for each service, and none for a name in a variable.
            session: Any = boto3.Session(
                _ROOT["AWS_ACCESS_KEY_ID"], _ROOT["AWS_SECRET_ACCESS_KEY"], region_name=REGION
            )
            # `verify` takes precedence over AWS_CA_BUNDLE in the environment of the caller.
            self._clients[service] = session.client(
                service, endpoint_url=self.url, verify=str(self.ca_bundle)
            )
        return self._clients[service]

    def close_clients(self) -> None:
        """Close their connections: the emulator does not stop while one is open."""
        for client in self._clients.values():
            client.close()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **_ROOT,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CA_BUNDLE": str(self.ca_bundle),
        }


@contextmanager
def run_emulator(command: Path, home: Path) -> Iterator[Emulator]:
    """Run the emulator until the end of the block; it writes to nothing but `home`.

    Raises UserError where it is not installed or does not start.
    """
    if not command.exists():
        raise UserError(f"The AWS emulator is not installed at {command}.", "Run `make setup`.")
    directory, log = home / "emulator", home / "emulator.log"
    directory.mkdir(parents=True)
    port = free_port()
    certificates = Certificates.create(directory)
    process = start_process_group(
        _unprivileged([str(command)]),
        log=log,
        environment=_environment(directory, port, certificates),
        directory=directory,
    )
    emulator = Emulator(f"https://127.0.0.1:{port}", log, certificates.ca_bundle)
    try:
        _wait_until_healthy(emulator, process)
        yield emulator
    finally:
        emulator.close_clients()
        stop_process_group(process)


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged(command: list[str]) -> list[str]:
    """Drop root's capability to bind port 443, where the emulator would otherwise listen too."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        return command
    return [setpriv, "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service", *command]


def _environment(directory: Path, port: int, certificates: Certificates) -> dict[str, str]:
    # Nothing of this machine's environment: the functions inherit the emulator's.
    return {
        **_ROOT,
        "PATH": "/usr/bin:/bin",
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "LANG": "C.UTF-8",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        # As on AWS, where policies deny requests without TLS.
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(certificates.chain),
        "MINISTACK_SSL_KEY": str(certificates.key),
        "AWS_CA_BUNDLE": str(certificates.ca_bundle),
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
    }


def _wait_until_healthy(emulator: Emulator, process: subprocess.Popen[bytes]) -> None:
    health, ca_bundle = f"{emulator.url}/_ministack/health", str(emulator.ca_bundle)
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(health, timeout=1, verify=ca_bundle).raise_for_status()
        except requests.RequestException:
            time.sleep(0.05)
        else:
            return
    if process.poll() is not None:
        happened = f"The AWS emulator stopped at once (status {process.returncode})."
        to_do = "Something else may have taken its port: try again."
        raise UserError(happened, to_do, emulator.log)
    happened = f"The AWS emulator did not answer within {STARTS_WITHIN_SECONDS:.0f} s."
    raise UserError(happened, "Try again; if it happens again, read the log.", emulator.log)
