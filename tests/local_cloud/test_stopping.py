"""Interrupted at any moment, a cloud leaves no process behind."""

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
from local.leash import leashed, release
from local.stack import PROJECT

GONE_WITHIN_SECONDS = 20.0


def of_cloud(name: str) -> list[psutil.Process]:
    """Every process that belongs to a cloud: its folder is in a command line or an environment."""
    mark = str(STATE / "clouds" / name)
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if any(mark in text for text in [*process.cmdline(), *process.environ().values()]):
                found.append(process)
    return found


def wait_until_none(name: str) -> None:
    end = time.monotonic() + GONE_WITHIN_SECONDS
    while left := of_cloud(name):
        assert time.monotonic() < end, left
        time.sleep(0.1)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"stopping-{os.getpid()}-{request.node.callspec.id}"
    yield name
    shutil.rmtree(STATE / "clouds" / name, ignore_errors=True)
    (STATE / "clouds" / f"{name}.lock").unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("after_step", "number"),
    [
        ("Start the AWS engine", signal.SIGINT),
        ("Build the function", signal.SIGTERM),
        ("Deploy the stack", signal.SIGINT),
        ("The cloud is up", signal.SIGINT),
        ("The cloud is up", signal.SIGKILL),
    ],
    ids=lambda value: str(value).replace(" ", "-"),
)
def test_a_cloud_that_is_stopped_leaves_nothing_running(
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
            told = ""
            while after_step not in told:
                character = process.stdout.read(1)
                assert character, told
                told += character
            time.sleep(0.2)

            process.send_signal(number)
            rest = process.communicate(timeout=GONE_WITHIN_SECONDS)[0]
        finally:
            process.kill()

    wait_until_none(name)
    if number is not signal.SIGKILL:
        assert "nothing is left running" in rest
        assert process.returncode == 0
        assert not (STATE / f"{name}.env").exists()


def test_a_command_that_ignores_kind_requests_ends_with_its_leash(tmp_path: Path) -> None:
    log = tmp_path / "log"
    stubborn = "trap '' TERM INT HUP; sleep 600 & echo $! > child; while :; do sleep 0.1; done"
    process = leashed(["sh", "-c", stubborn], log=log, environment={}, directory=tmp_path)
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        time.sleep(0.01)
    child = int((tmp_path / "child").read_text())

    release(process)

    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"
