"""A program on Lambda's own emulator and runtime interface client: times, CPU and memory.

The emulator's REPORT lines are wrong for cold starts; INIT REPORT and INVOKE RTDONE are right.
"""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests

from benchmarks.builds import Build
from benchmarks.invocations import environment
from benchmarks.runtime import STATE, Runtime
from benchmarks.server import address, listen
from local.console import UserError

_INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
_INVOKED = re.compile(r"INVOKE RTDONE\(.*duration: ([\d.]+)ms\)")
_START_SECONDS = 10.0
_INVOKE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Invocation:
    """When an invocation began and ended, in monotonic seconds."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One execution environment."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def invoke(self, event: Mapping[str, Any]) -> Invocation:
        """Invoke the handler with an event. Raises UserError where it fails."""
        url = f"http://{self.address}/2015-03-31/functions/function/invocations"
        began = time.monotonic()
        result = requests.post(url, json=event, timeout=_INVOKE_SECONDS).json()
        ended = time.monotonic()
        if isinstance(result, dict) and _is_failure(result):
            raise UserError("A program failed on an event.", "Read its log.", self.log)
        return Invocation(began, ended)

    @property
    def init_ms(self) -> float:
        """Milliseconds from the start to the first request for an event."""
        [found] = _INIT.findall(self.log.read_text())
        return float(found)

    @property
    def invocations_ms(self) -> list[float]:
        """Milliseconds of each invocation so far."""
        return [float(found) for found in _INVOKED.findall(self.log.read_text())]

    @property
    def cpu_ms(self) -> float:
        """CPU time of the program's threads so far."""
        tasks = Path(f"/proc/{self._pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6

    @property
    def peak_mb(self) -> float:
        """The largest resident memory so far."""
        status = Path(f"/proc/{self._pid}/status").read_text()
        [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", status)
        return int(kilobytes) / 1024

    @property
    def _pid(self) -> int:
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        [pid] = [pid for task in tasks for pid in (task / "children").read_text().split()]
        return int(pid)


def _is_failure(result: Mapping[str, Any]) -> bool:
    is_refused = result.get("statusCode", HTTPStatus.OK) >= HTTPStatus.BAD_REQUEST
    return "errorType" in result or bool(result.get("batchItemFailures")) or is_refused


@contextmanager
def sandbox(build: Build, addresses: Mapping[str, str], runtime: Runtime) -> Iterator[Sandbox]:
    """Start the emulator; the program starts with its first event, as on Lambda."""
    log = STATE / f"emulator-{build.name}.log"
    runtime_api, invoke_api = _free_addresses(2)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(str(runtime.emulator), "--runtime-api-address", runtime_api),
                *("--runtime-interface-emulator-address", invoke_api),
                *runtime.command(build.handler),
            ],
            cwd=build.function,
            env=environment(build, addresses),
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for(invoke_api, log)
        yield Sandbox(invoke_api, process, log)
    finally:
        process.terminate()
        process.wait()


def _free_addresses(number: int) -> list[str]:
    sockets = listen(number)
    addresses = [address(listening) for listening in sockets]
    for listening in sockets:
        listening.close()
    return addresses


def _wait_for(invoke_api: str, log: Path) -> None:
    host, port = invoke_api.split(":")
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise UserError("Lambda's emulator does not start.", "Read its log.", log)
