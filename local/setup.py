"""Installs what the project's commands need, each in an environment of its own.

Runs on any Python from 3.11 and with nothing installed: it fetches uv, finds or fetches
Python 3.13, and fills `.venv` (tools and tests) and `.local/engine` (the AWS engine, whose
interpreter also runs the functions) from lock files with hashes. Runs again only what changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
STATE = PROJECT / ".local"
TOOLS = PROJECT / ".venv"
ENGINE = STATE / "engine"
UV = STATE / "uv"
LOG = STATE / "setup.log"
# What only `make check` needs, each with a lock file and an environment of that name.
CHECKS = ("checkov", "audit")
OLDEST_PYTHON = (3, 11)
RUNTIME_PYTHON = (PROJECT / ".python-version").read_text().strip()


class SetupFailed(Exception):
    """What happened and what to do, in one line."""


def main() -> int:
    """Set up what is missing; say what is done while it takes its time."""
    if sys.version_info < OLDEST_PYTHON:
        sys.stderr.write("Python 3.11 or newer is needed: try `make PYTHON=python3.x`.\n")
        return 1
    STATE.mkdir(exist_ok=True)
    try:
        _install("uv, the installer", UV, _install_uv, PROJECT / "requirements" / "uv.lock")
        _install(
            "tools and tests",
            TOOLS,
            _install_tools,
            PROJECT / "requirements" / "dev.lock",
            PROJECT / "layers" / "liveness" / "pyproject.toml",
        )
        _install(
            "the AWS engine", ENGINE, _install_engine, PROJECT / "requirements" / "engine.lock"
        )
        for check in CHECKS if "--checks" in sys.argv[1:] else ():
            fill, lock = partial(_install_check, check), PROJECT / "requirements" / f"{check}.lock"
            _install(f"{check}, for the checks", STATE / check, fill, lock)
    except SetupFailed as failed:
        sys.stderr.write(f"\n{failed}\n")
        return 1
    return 0


def _install(what: str, environment: Path, install: Callable[[], None], *inputs: Path) -> None:
    stamp = environment / "installed-from"
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    sys.stdout.write(f"  Install {what} … ")
    sys.stdout.flush()
    start = time.monotonic()
    shutil.rmtree(environment, ignore_errors=True)
    install()
    stamp.write_text(wanted)
    sys.stdout.write(f"{time.monotonic() - start:.1f} s\n")


def _install_uv() -> None:
    _run(
        [sys.executable, "-m", "venv", str(UV)],
        "This Python cannot make virtual environments: install its venv package "
        "(Debian: `apt install python3-venv`).",
    )
    _run(
        [_in(UV, "pip"), "install", "--require-hashes", "-r", "requirements/uv.lock"],
        "uv could not be installed: is the package index reachable from here?",
    )


def _install_tools() -> None:
    _environment(TOOLS)
    _sync(TOOLS, "requirements/dev.lock")
    _uv(
        "install",
        "--python",
        str(TOOLS),
        "--no-deps",
        "--no-build-isolation",
        "--editable",
        "layers/liveness",
        hint="The layer's package could not be installed.",
    )


def _install_engine() -> None:
    _environment(ENGINE)
    _sync(ENGINE, "requirements/engine.lock")


def _install_check(check: str) -> None:
    _environment(STATE / check)
    _sync(STATE / check, f"requirements/{check}.lock")


def _environment(environment: Path) -> None:
    _run(
        [_in(UV, "uv"), "venv", "--python", RUNTIME_PYTHON, str(environment)],
        f"Python {RUNTIME_PYTHON}, the runtime of the function, was neither found nor could be "
        f"fetched: install it (`uv python install {RUNTIME_PYTHON}`, pyenv or your system's "
        "packages) and try again.",
    )


def _sync(environment: Path, lock: str) -> None:
    _uv(
        "sync",
        "--python",
        str(environment),
        "--require-hashes",
        lock,
        hint=f"The packages of {lock} could not be installed: is the package index reachable?",
    )


def _uv(*arguments: str, hint: str) -> None:
    _run([_in(UV, "uv"), "pip", *arguments], hint)


def _in(environment: Path, command: str) -> str:
    return str(environment / "bin" / command)


def _run(command: list[str], hint: str) -> None:
    # The environment that make was called from, if any, is not the one to fill.
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    with LOG.open("a") as log:
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, stdout=log, stderr=log, check=False
        )
    if done.returncode != 0:
        raise SetupFailed(f"{hint} The log: {LOG}")


if __name__ == "__main__":
    raise SystemExit(main())
