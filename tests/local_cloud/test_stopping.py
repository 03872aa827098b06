"""A cloud that is interrupted, at any moment, leaves no process running."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.cloud import STATE
from local.process_group import start_process_group, stop_process_group
from local.sam_cli import PROJECT

STOPS_WITHIN_SECONDS = 20.0


def processes_of(name: str) -> list[psutil.Process]:
    """Every process with the cloud's directory in its command line or environment."""
    directory = str(STATE / "clouds" / name)
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if any(directory in text for text in [*process.cmdline(), *process.environ().values()]):
                found.append(process)
    return found


def wait_until_stopped(name: str) -> None:
    end = time.monotonic() + STOPS_WITHIN_SECONDS
    while running := processes_of(name):
        assert time.monotonic() < end, running
        time.sleep(0.1)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"stopping-{os.getpid()}-{request.node.callspec.id}"
    yield name
    shutil.rmtree(STATE / "clouds" / name, ignore_errors=True)
    (STATE / "clouds" / f"{name}.lock").unlink(missing_ok=True)
    (STATE / f"{name}.env").unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("after_step", "number"),
    [
        ("Start the AWS emulator", signal.SIGINT),
        ("Build the function", signal.SIGTERM),
        pytest.param("Deploy the stack", signal.SIGINT, marks=pytest.mark.slow),
        pytest.param("The cloud is up", signal.SIGINT, marks=pytest.mark.slow),
        pytest.param("The cloud is up", signal.SIGKILL, marks=pytest.mark.slow),
    ],
    ids=lambda value: str(value).replace(" ", "-"),
)
def test_a_stopped_cloud_leaves_no_process_running(
    name: str, after_step: str, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "local.cloud", "--name", name],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            output = ""
            while after_step not in output:
                character = process.stdout.read(1)
                assert character, output
                output += character
            time.sleep(0.2)

            process.send_signal(number)
            rest = process.communicate(timeout=STOPS_WITHIN_SECONDS)[0]
        finally:
            process.kill()

    wait_until_stopped(name)
    if number is not signal.SIGKILL:
        assert "nothing is left running" in rest
        assert process.returncode == 0
        assert not (STATE / f"{name}.env").exists()


def test_a_command_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path) -> None:
    log = tmp_path / "log"
    stubborn = "trap '' TERM INT HUP; sleep 600 & echo $! > child; while :; do sleep 0.1; done"
    process = start_process_group(
        ["sh", "-c", stubborn], log=log, environment={}, directory=tmp_path
    )
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        time.sleep(0.01)
    child = int((tmp_path / "child").read_text())

    stop_process_group(process)

    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"
