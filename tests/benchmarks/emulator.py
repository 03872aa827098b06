"""A contestant on Lambda's own emulator and runtime client: what people would feel.

The emulator's REPORT lines are wrong for cold starts; its INIT REPORT and INVOKE RTDONE are right.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.say import Trouble
from tests.benchmarks.builds import Contestant
from tests.benchmarks.invocations import environment
from tests.benchmarks.runtime import STATE, Runtime

_INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
_INVOKED = re.compile(r"INVOKE RTDONE\(.*duration: ([\d.]+)ms\)")
_UP_WITHIN = 10.0
_ANSWERED_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Invocation:
    """One invocation: when it began and ended (monotonic seconds), and what came back."""

    began: float
    ended: float
    answer: Any


@dataclass(slots=True)
class Sandbox:
    """One execution environment of a contestant."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path
    invocations: list[Invocation] = field(default_factory=list)

    def invoke(self, event: Mapping[str, Any]) -> Invocation:
        """Run the handler on an event. Raises Trouble where it fails."""
        request = urllib.request.Request(
            f"http://{self.address}/2015-03-31/functions/function/invocations",
            json.dumps(event).encode(),
        )
        began = time.monotonic()
        with urllib.request.urlopen(request, timeout=_ANSWERED_WITHIN) as response:  # noqa: S310
            answer = json.load(response)
        invocation = Invocation(began, time.monotonic(), answer)
        if isinstance(answer, dict) and ("errorType" in answer or answer.get("batchItemFailures")):
            raise Trouble("A contestant failed on an upload.", "Read its log.", self.log)
        self.invocations.append(invocation)
        return invocation

    @property
    def init_milliseconds(self) -> float:
        """How long the start took, to the runtime client's first request for an event."""
        [found] = _INIT.findall(self.log.read_text())
        return float(found)

    @property
    def milliseconds(self) -> list[float]:
        """How long each invocation took."""
        return [float(found) for found in _INVOKED.findall(self.log.read_text())]

    @property
    def cpu_milliseconds(self) -> float:
        """CPU time that the contestant's threads have used so far."""
        tasks = Path(f"/proc/{self._pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6

    @property
    def peak_megabytes(self) -> float:
        """The most memory that the contestant has had resident."""
        status = Path(f"/proc/{self._pid}/status").read_text()
        [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", status)
        return int(kilobytes) / 1024

    @property
    def _pid(self) -> int:
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        [pid] = [pid for task in tasks for pid in (task / "children").read_text().split()]
        return int(pid)


@contextmanager
def sandbox(
    contestant: Contestant, addresses: Mapping[str, str], runtime: Runtime
) -> Iterator[Sandbox]:
    """Start the emulator; the contestant starts with its first event, as on Lambda."""
    log = STATE / f"emulator-{contestant.name}.log"
    ports = _free_ports(2)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(str(runtime.emulator), "--runtime-api-address", f"127.0.0.1:{ports[0]}"),
                *("--runtime-interface-emulator-address", f"127.0.0.1:{ports[1]}"),
                *runtime.command,
            ],
            cwd=contestant.function,
            env=environment(contestant, addresses),
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for(ports[1], log)
        yield Sandbox(f"127.0.0.1:{ports[1]}", process, log)
    finally:
        process.terminate()
        process.wait()


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def _wait_for(port: int, log: Path) -> None:
    until = time.monotonic() + _UP_WITHIN
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise Trouble("Lambda's emulator does not come up.", "Read its log.", log)
