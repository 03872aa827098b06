"""How many instructions a contestant executes: the figure that repeats to a thousandth.

Under valgrind the contestant runs on Lambda's real runtime client; the runtime's API is served
here, so that the count can end between two events: at the first wait for one, that is the start.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, override

from local.say import Trouble
from tests.benchmarks.builds import Contestant
from tests.benchmarks.invocations import environment, trace
from tests.benchmarks.runtime import STATE, Runtime

_COUNTED = re.compile(r"^summary: (\d+)", re.MULTILINE)
_LONGEST_SECONDS = 300.0


def count(
    contestant: Contestant,
    events: Iterable[Mapping[str, Any]],
    addresses: Mapping[str, str],
    runtime: Runtime,
) -> int:
    """Instructions from the start until all events are answered and the next is waited for."""
    told = list(events)
    name = f"cachegrind-{contestant.name}-{len(told)}"
    log, result = STATE / f"{name}.log", STATE / f"{name}.out"
    result.unlink(missing_ok=True)
    with _runtime_api(told) as api, log.open("wb") as output:
        process = subprocess.Popen(
            [*runtime.counted, f"--cachegrind-out-file={result}", *runtime.command],
            cwd=contestant.function,
            env={
                **environment(contestant, addresses),
                "PYTHONHASHSEED": "0",
                "AWS_LAMBDA_RUNTIME_API": api.address,
                "_HANDLER": "app.handler",
            },
            stdout=output,
            stderr=output,
        )
        try:
            ended = _wait(api, process)
        finally:
            # Valgrind writes its figures down before it goes.
            process.send_signal(signal.SIGTERM)
            process.wait()
    if not ended or api.failed:
        raise Trouble(f"{contestant.name} failed while it was counted.", "Read its log.", log)
    [summary] = _COUNTED.findall(result.read_text())
    return int(summary)


def _wait(api: _RuntimeApi, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + _LONGEST_SECONDS
    while not api.idle.wait(0.2):
        if process.poll() is not None or time.monotonic() > until:
            return False
    return True


class _RuntimeApi(ThreadingHTTPServer):
    """Lambda's runtime API (Lambda developer guide, "Using the Lambda runtime API")."""

    daemon_threads = True

    def __init__(self, events: list[Mapping[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Requests)
        self.events = iter(events)
        self.idle = Event()
        self.failed = False

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _RuntimeApi

    def do_GET(self) -> None:
        event = next(self.server.events, None)
        if event is None:
            self.server.idle.set()
            # There is no next event: the wait ends with the process.
            Event().wait(_LONGEST_SECONDS)
            return
        deadline = str(int((time.time() + _LONGEST_SECONDS) * 1000))
        self._answer(
            200,
            json.dumps(event).encode(),
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": deadline,
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:x",
                "Lambda-Runtime-Trace-Id": trace(),
            },
        )

    def do_POST(self) -> None:
        answer = self.rfile.read(int(self.headers["Content-Length"]))
        failed = self.path.endswith("/error") or b'"itemIdentifier"' in answer
        self.server.failed = self.server.failed or failed
        self._answer(202, b"{}", {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def _runtime_api(events: list[Mapping[str, Any]]) -> Iterator[_RuntimeApi]:
    api = _RuntimeApi(events)
    serving = Thread(target=api.serve_forever, daemon=True)
    serving.start()
    try:
        yield api
    finally:
        api.shutdown()
        api.server_close()
        serving.join()
