"""The stand-in as a process: how it starts, and that it always ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from liveness.tencent.signing import Credentials
from local.detectliveface.server import Control, DetectLiveFaceServer, StandInDidNotStart

from .album import Album
from .caller import Caller

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "local.detectliveface")
PATIENCE = 20


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )


def test_it_serves_while_it_is_entered_and_not_after(tmp_path: Path, album: Album) -> None:
    mine = Credentials("AKIDMINE", "myKey", "myToken")
    with DetectLiveFaceServer(log=tmp_path / "log", credentials=mine, rate=1) as server:
        call = {"Url": album.put("live.jpg")}
        caller = Caller(server)
        assert server.control.healthy()
        assert server.pid is not None
        assert caller.code(call, credentials=mine) is None
        assert caller.code(call) == "AuthFailure.SecretIdNotFound"
    assert server.pid is None
    assert not listening(port_of(server.url))


def test_it_ends_although_a_caller_is_still_waiting(tmp_path: Path, album: Album) -> None:
    with DetectLiveFaceServer(log=tmp_path / "log") as server, pytest.raises(requests.Timeout):
        Caller(server).post({"Url": album.put("slow-60000.jpg")}, timeout=0.2)
    assert not listening(port_of(server.url))


def test_it_ends_when_its_body_fails(tmp_path: Path) -> None:
    server = DetectLiveFaceServer(log=tmp_path / "log")
    with pytest.raises(KeyError), server:
        raise KeyError
    assert not listening(port_of(server.url))


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal\n"
        "from local.detectliveface.server import DetectLiveFaceServer\n"
        f"server = DetectLiveFaceServer(log=pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "server.start()\n"
        "print(server.url, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent = run(sys.executable, "-c", program)
    assert parent.returncode == -signal.SIGKILL
    port = port_of(parent.stdout.strip())
    deadline = time.monotonic() + PATIENCE
    while listening(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listening(port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_alone_it_prints_its_address_and_ends_cleanly(tmp_path: Path, number: int) -> None:
    port_file = tmp_path / "port"
    with subprocess.Popen(
        (*COMMAND, "--port-file", port_file), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            url = line.split()[-1]
            assert Control(url).healthy()
            assert port_file.read_text() == f"{port_of(url)}\n"
        finally:
            process.send_signal(number)
        assert process.wait(PATIENCE) == 0
        assert process.stdout.read() == ""


def test_a_port_in_use_is_one_clear_line(server: DetectLiveFaceServer) -> None:
    port = port_of(server.url)
    alone = run(*COMMAND, "--port", str(port))
    assert alone.returncode == 2
    (line,) = alone.stderr.splitlines()
    assert line.startswith(f"detectliveface: port {port} cannot be had")


@pytest.mark.parametrize(
    "option", [("--secret-key", ""), ("--ca-file", "/nowhere/ca.pem"), ("--port", "99999")]
)
def test_an_unusable_option_is_one_clear_line(option: tuple[str, str]) -> None:
    alone = run(*COMMAND, *option)
    assert alone.returncode == 2
    (line,) = alone.stderr.splitlines()
    assert line.startswith("detectliveface: ")


def test_a_start_that_fails_names_the_log(tmp_path: Path, server: DetectLiveFaceServer) -> None:
    second = DetectLiveFaceServer(log=tmp_path / "log", port=port_of(server.url))
    with pytest.raises(StandInDidNotStart, match=str(tmp_path / "log")):
        second.start()
    assert "cannot be had" in (tmp_path / "log").read_text()
    assert second.pid is None


def test_a_start_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    hasty = DetectLiveFaceServer(log=tmp_path / "log", ready_within=0)
    with pytest.raises(StandInDidNotStart, match="not ready"):
        hasty.start()
    assert hasty.pid is None
