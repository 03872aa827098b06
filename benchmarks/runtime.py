"""Lambda's Python runtime: Python, boto3, and AWS's runtime interface client and emulator.

It is installed in `.local/bench`, apart from the development tools, so that a program finds what
Lambda provides and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.console import UserError

PROJECT = Path(__file__).resolve().parents[1]
STATE = PROJECT / ".local" / "bench"
LOCK = Path(__file__).with_name("requirements.lock")
TOOLS = PROJECT / ".venv"
UV = PROJECT / ".local" / "uv" / "bin" / "uv"
_EMULATORS = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Runtime:
    """Paths of the runtime's parts; `valgrind` is None where it is not installed."""

    python: Path
    emulator: Path
    valgrind: str | None

    def command(self, handler: str) -> list[str]:
        """Return the command by which Lambda starts a handler."""
        return [str(self.python), "-m", "awslambdaric", handler]

    @property
    def cachegrind(self) -> list[str]:
        """The prefix that counts instructions; addresses are not randomized, so counts repeat."""
        return [
            *("setarch", "-R", self.valgrind or "", "--tool=cachegrind"),
            *("--cache-sim=no", "--branch-sim=no"),
        ]


def install_runtime() -> Runtime:
    """Install what is missing. Raises UserError."""
    STATE.mkdir(parents=True, exist_ok=True)
    environment = STATE / "runtime"
    stamp = environment / "installed-from"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        _install(environment)
        stamp.write_text(wanted)
    machine = platform.machine()
    emulators = TOOLS / "lib" / "python3.13" / "site-packages" / "samcli" / "local" / "rapid"
    emulator = emulators / f"aws-lambda-rie-{_EMULATORS.get(machine, machine)}"
    if not emulator.exists():
        raise UserError(
            f"SAM CLI has no Lambda emulator for {machine}.", "Run it on x86-64 or arm64."
        )
    return Runtime(environment / "bin" / "python", emulator, shutil.which("valgrind"))


def _install(environment: Path) -> None:
    shutil.rmtree(environment, ignore_errors=True)
    log = STATE / "install.log"
    version = (PROJECT / ".python-version").read_text().strip()
    # Lambda's own copies are compiled too.
    for arguments in (
        ["venv", "--python", version, str(environment)],
        [
            *("pip", "sync", "--python", str(environment), "--compile-bytecode"),
            *("--require-hashes", str(LOCK)),
        ],
    ):
        with log.open("a") as output:
            done = subprocess.run(
                [str(UV), *arguments],
                env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
                stdout=output,
                stderr=output,
                check=False,
            )
        if done.returncode != 0:
            raise UserError(
                "The runtime could not be installed.", "Is the package index reachable?", log
            )
