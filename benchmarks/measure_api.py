"""The measurements of the upload API: POST, which starts an upload, and GET, which reads it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import request_log
from benchmarks.builds import Build, Builds
from benchmarks.emulator import sandbox
from benchmarks.instructions import count
from benchmarks.invocations import get_event, post_event
from benchmarks.measure import FEW, MANY, ROUNDS, Instructions, print_dot
from benchmarks.request_log import Call
from benchmarks.runtime import Runtime
from benchmarks.services import Services

WARM_REQUESTS = 20
REQUESTS: Mapping[str, Callable[[], dict[str, Any]]] = {"POST": post_event, "GET": get_event}


@dataclass(frozen=True, slots=True)
class RequestTimes:
    """Medians of all rounds on the emulator, in milliseconds; `cold` is init and first answer."""

    cold: float
    warm: float


@dataclass(frozen=True, slots=True)
class RequestCalls:
    """The remote calls of a warm request, as the stubs logged them."""

    calls: Sequence[Call]
    new_connections: int

    @property
    def waits(self) -> int:
        """Remote waits in a row until the answer."""
        return request_log.waits_in_a_row(self.calls)


@dataclass(frozen=True, slots=True)
class ApiResults:
    """By method; `instructions` is empty without valgrind."""

    times: Mapping[str, RequestTimes]
    calls: Mapping[str, RequestCalls]
    instructions: Mapping[str, Instructions]


def time_requests(
    build: Build, addresses: Mapping[str, str], runtime: Runtime
) -> dict[str, RequestTimes]:
    """Run both methods alternately, each round in a new sandbox."""
    rounds: dict[str, list[tuple[float, float]]] = {method: [] for method in REQUESTS}
    for _ in range(ROUNDS):
        for method, event in REQUESTS.items():
            with sandbox(build, addresses, runtime) as box:
                for _ in range(1 + WARM_REQUESTS):
                    box.invoke(event())
                first, *warm = box.invocations_ms
                rounds[method].append((box.init_ms + first, statistics.median(warm)))
        print_dot()
    return {
        method: RequestTimes(*map(statistics.median, zip(*times, strict=True)))
        for method, times in rounds.items()
    }


def log_requests(build: Build, services: Services, runtime: Runtime) -> dict[str, RequestCalls]:
    """Return the remote calls of the fourth request of each method."""
    return {method: _log(build, event, services, runtime) for method, event in REQUESTS.items()}


def _log(
    build: Build, event: Callable[[], dict[str, Any]], services: Services, runtime: Runtime
) -> RequestCalls:
    with sandbox(build, services.addresses, runtime) as box:
        first, *_, last = [box.invoke(event()) for _ in range(4)]
    seen = [call for call in services.request_log if call.began >= first.began]
    calls = request_log.within(seen, last.began, last.ended)
    before = [call for call in seen if call.began < last.began]
    return RequestCalls(calls, request_log.new_connections(calls, before))


def count_requests(
    builds: Builds, addresses: Mapping[str, str], runtime: Runtime
) -> dict[str, Instructions]:
    """Count the instructions of both methods, less those of the empty handler."""

    def millions(event: Callable[[], dict[str, Any]]) -> Instructions:
        init, one, few, many = (
            (
                count(builds.upload_api, events, addresses, runtime)
                - count(builds.empty, events, addresses, runtime)
            )
            / 1e6
            for events in ([event() for _ in range(number)] for number in (0, 1, FEW, MANY))
        )
        print_dot()
        return Instructions(init, one - init, (many - few) / (MANY - FEW))

    return {method: millions(event) for method, event in REQUESTS.items()}
