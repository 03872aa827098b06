"""The fake as a process: how it starts, and that it always stops."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from liveness.credentials import TencentCredentials
from local.console import UserError
from local.detectliveface.process import FakeDetectLiveFace

from .caller import Caller
from .image_host import ImageHost

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "local.detectliveface")
TIMEOUT_SECONDS = 20


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_healthy(url: str) -> bool:
    response = requests.get(f"{url}/_control/health", timeout=TIMEOUT_SECONDS)
    return bool(response.json() == {"status": "ok"})


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    )


def test_it_serves_within_the_block_and_not_after(tmp_path: Path, image_host: ImageHost) -> None:
    mine = TencentCredentials("AKIDMINE", "myKey", "myToken")
    with FakeDetectLiveFace(log=tmp_path / "log", credentials=mine, rate=1) as fake:
        call = {"Url": image_host.put("live.jpg")}
        caller = Caller(fake)
        assert is_healthy(fake.url)
        assert caller.error_code(call, credentials=mine) is None
        assert caller.error_code(call) == "AuthFailure.SecretIdNotFound"
    assert not is_listening(port_of(fake.url))


def test_it_stops_while_a_caller_is_still_waiting(tmp_path: Path, image_host: ImageHost) -> None:
    with FakeDetectLiveFace(log=tmp_path / "log") as fake, pytest.raises(requests.Timeout):
        Caller(fake).post({"Url": image_host.put("slow-60000.jpg")}, timeout=0.2)
    assert not is_listening(port_of(fake.url))


def test_it_stops_when_the_block_raises(tmp_path: Path) -> None:
    fake = FakeDetectLiveFace(log=tmp_path / "log")
    with pytest.raises(KeyError), fake:
        raise KeyError
    assert not is_listening(port_of(fake.url))


def test_it_stops_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal\n"
        "from local.detectliveface.process import FakeDetectLiveFace\n"
        f"fake = FakeDetectLiveFace(log=pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "fake.__enter__()\n"
        "print(fake.url, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = run(sys.executable, "-c", program)
    assert parent.returncode == -signal.SIGKILL
    port = port_of(parent.stdout.strip())
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while is_listening(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_listening(port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_its_url_and_exits_cleanly(tmp_path: Path, number: int) -> None:
    port_file = tmp_path / "port"
    with subprocess.Popen(
        (*COMMAND, "--port-file", port_file), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            url = line.split()[-1]
            assert is_healthy(url)
            assert port_file.read_text() == f"{port_of(url)}\n"
        finally:
            process.send_signal(number)
        assert process.wait(TIMEOUT_SECONDS) == 0
        assert process.stdout.read() == ""


def test_a_port_in_use_is_reported_in_one_line(fake: FakeDetectLiveFace) -> None:
    port = port_of(fake.url)
    alone = run(*COMMAND, "--port", str(port))
    assert alone.returncode == 2
    (line,) = alone.stderr.splitlines()
    assert line.startswith(f"detectliveface: port {port} is not available")


@pytest.mark.parametrize(
    "option", [("--secret-key", ""), ("--ca-file", "/nowhere/ca.pem"), ("--port", "99999")]
)
def test_an_unusable_option_is_reported_in_one_line(option: tuple[str, str]) -> None:
    alone = run(*COMMAND, *option)
    assert alone.returncode == 2
    (line,) = alone.stderr.splitlines()
    assert line.startswith("detectliveface: ")


def test_a_failed_start_is_reported_with_its_log(tmp_path: Path, fake: FakeDetectLiveFace) -> None:
    second = FakeDetectLiveFace(log=tmp_path / "log", port=port_of(fake.url))
    with pytest.raises(UserError, match=f"did not start.*{tmp_path / 'log'}"), second:
        pass
    assert "is not available" in (tmp_path / "log").read_text()


def test_a_start_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    impatient = FakeDetectLiveFace(log=tmp_path / "log", ready_within=0)
    with pytest.raises(UserError, match="not ready"), impatient:
        pass
    assert impatient._process.poll() is not None
