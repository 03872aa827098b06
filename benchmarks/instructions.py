"""How many instructions a program executes: the figure that repeats within a thousandth.

Under valgrind the program runs on Lambda's own runtime interface client. The runtime API is
served here, so that the count ends between two events; without events, it ends with the start.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.builds import Build
from benchmarks.invocations import environment, trace_header
from benchmarks.runtime import STATE, Runtime
from benchmarks.server import address, listen, serve
from local.console import UserError

_SUMMARY = re.compile(r"^summary: (\d+)", re.MULTILINE)
_LONGEST_SECONDS = 300.0


def count(
    build: Build,
    events: Sequence[Mapping[str, Any]],
    addresses: Mapping[str, str],
    runtime: Runtime,
) -> int:
    """Return the instructions from the start until the program waits for an event after these.

    Raises UserError where it fails.
    """
    name = f"cachegrind-{build.name}-{len(events)}"
    log, result = STATE / f"{name}.log", STATE / f"{name}.out"
    result.unlink(missing_ok=True)
    api = _RuntimeApi(iter(events))
    [listening] = listen(1)
    with serve(api.application(), [listening]), log.open("wb") as output:
        process = subprocess.Popen(
            [
                *runtime.cachegrind,
                f"--cachegrind-out-file={result}",
                *runtime.command(build.handler),
            ],
            cwd=build.function,
            env={
                **environment(build, addresses),
                "PYTHONHASHSEED": "0",
                "AWS_LAMBDA_RUNTIME_API": address(listening),
                "_HANDLER": build.handler,
            },
            stdout=output,
            stderr=output,
        )
        try:
            finished = _wait(api, process)
        finally:
            # Valgrind writes its result when it is terminated.
            process.send_signal(signal.SIGTERM)
            process.wait()
    if not finished or api.failed:
        raise UserError(f"{build.name} failed under valgrind.", "Read its log.", log)
    [instructions] = _SUMMARY.findall(result.read_text())
    return int(instructions)


def _wait(api: _RuntimeApi, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not api.idle.wait(0.2):
        if process.poll() is not None or time.monotonic() > deadline:
            return False
    return True


@dataclass(slots=True)
class _RuntimeApi:
    """Lambda's runtime API (Lambda developer guide, "Using the Lambda runtime API")."""

    events: Iterator[Mapping[str, Any]]
    idle: Event = field(default_factory=Event)
    failed: bool = False

    def application(self) -> Starlette:
        invocation = "/2018-06-01/runtime/invocation"
        return Starlette(
            routes=[
                Route(f"{invocation}/next", self._next),
                Route(f"{invocation}/{{request_id}}/response", self._response, methods=["POST"]),
                Route("/{error:path}", self._error, methods=["POST"]),
            ]
        )

    async def _next(self, request: Request) -> Response:
        event = next(self.events, None)
        if event is None:
            self.idle.set()
            while (await request.receive())["type"] != "http.disconnect":
                pass
            return Response()
        return JSONResponse(
            event,
            headers={
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + _LONGEST_SECONDS) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:x",
                "Lambda-Runtime-Trace-Id": trace_header(),
            },
        )

    async def _response(self, request: Request) -> Response:
        self.failed = self.failed or b'"itemIdentifier"' in await request.body()
        return JSONResponse({}, 202)

    async def _error(self, _request: Request) -> Response:
        self.failed = True
        return JSONResponse({}, 202)
