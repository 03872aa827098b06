"""Installs what the project's commands need, each in an environment of its own.

Runs on any Python from 3.11 and with nothing installed: it fetches uv, finds or fetches
Python 3.13, and fills `.venv` (tools and tests) and `.local/emulator` (the AWS emulator, whose
interpreter also runs the functions) from lock files with hashes. Runs again only what changed.
"""

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
EMULATOR = STATE / "emulator"
UV = STATE / "uv"
LOG = STATE / "setup.log"
LOCKS = PROJECT / "requirements"
# What only `make check` needs, each with a lock file and an environment of that name.
CHECKS = ("checkov", "audit")
OLDEST_PYTHON = (3, 11)
RUNTIME_PYTHON = (PROJECT / ".python-version").read_text().strip()


class SetupError(Exception):
    """What happened and what to do, in one line."""


def main() -> int:
    """Set up what is missing, with a line of progress for each environment."""
    if sys.version_info < OLDEST_PYTHON:
        sys.stderr.write("Python 3.11 or newer is needed: try `make PYTHON=python3.x`.\n")
        return 1
    STATE.mkdir(exist_ok=True)
    others = {"emulator": "the AWS emulator"}
    if "--checks" in sys.argv[1:]:
        others |= {check: f"{check}, for the checks" for check in CHECKS}
    layer, tools = PROJECT / "layers" / "liveness" / "pyproject.toml", PROJECT / "pyproject.toml"
    try:
        _install("uv, the installer", UV, _install_uv, LOCKS / "uv.lock")
        _install("tools and tests", TOOLS, _install_tools, LOCKS / "dev.lock", layer, tools)
        for name, description in others.items():
            environment, lock = STATE / name, LOCKS / f"{name}.lock"
            _install(description, environment, partial(_install_locked, environment, lock), lock)
    except SetupError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


def _install(name: str, environment: Path, install: Callable[[], None], *inputs: Path) -> None:
    """Fill an environment anew, unless its stamp says that it was made from these very inputs."""
    stamp = environment / "installed-from"
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"  Install {name} … ", end="", flush=True)
    start = time.monotonic()
    shutil.rmtree(environment, ignore_errors=True)
    install()
    stamp.write_text(digest)
    print(f"{time.monotonic() - start:.1f} s")


def _install_uv() -> None:
    _run(
        [sys.executable, "-m", "venv", str(UV)],
        "This Python cannot make virtual environments: install its venv package "
        "(Debian: `apt install python3-venv`).",
    )
    _run(
        [f"{UV}/bin/pip", "install", "--require-hashes", "-r", str(LOCKS / "uv.lock")],
        "uv could not be installed: is the package index reachable from here?",
    )


def _install_tools() -> None:
    _install_locked(TOOLS, LOCKS / "dev.lock")
    _uv(
        *("pip", "install", "--python", str(TOOLS), "--no-deps", "--no-build-isolation"),
        *("--editable", "layers/liveness", "--editable", "."),
        hint="The project's own packages could not be installed.",
    )


def _install_locked(environment: Path, lock: Path) -> None:
    _uv(
        *("venv", "--python", RUNTIME_PYTHON, str(environment)),
        hint=f"Python {RUNTIME_PYTHON}, the runtime of the function, was neither found nor could "
        f"be fetched: install it (`uv python install {RUNTIME_PYTHON}`, pyenv or your system's "
        "packages) and try again.",
    )
    _uv(
        *("pip", "sync", "--python", str(environment), "--require-hashes", str(lock)),
        hint=f"The packages of {lock.relative_to(PROJECT)} could not be installed: is the package "
        "index reachable?",
    )


def _uv(*arguments: str, hint: str) -> None:
    _run([f"{UV}/bin/uv", *arguments], hint)


def _run(command: list[str], hint: str) -> None:
    # The environment that make was called from, if any, is not the one to fill.
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    with LOG.open("a") as log:
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, stdout=log, stderr=log, check=False
        )
    if done.returncode != 0:
        raise SetupError(f"{hint} The log: {LOG}")


if __name__ == "__main__":
    raise SystemExit(main())
