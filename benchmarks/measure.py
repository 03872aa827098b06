"""The measurements: instructions, times on the emulator, remote calls, throughput."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass

from benchmarks import request_log
from benchmarks.builds import Build, Builds
from benchmarks.emulator import Invocation, sandbox
from benchmarks.instructions import count
from benchmarks.invocations import s3_event, sqs_event
from benchmarks.request_log import Call
from benchmarks.runtime import Runtime
from benchmarks.services import Services

ROUNDS = 15
WARM_UPLOADS = 20
BATCH = 10
BATCHES = 3
# Long enough that every wait shows; about what a request across the world takes.
DELAY_MS = 50
# Instructions of a warm upload: the counts after so many uploads, subtracted.
FEW, MANY = 10, 30


@dataclass(frozen=True, slots=True)
class Timings:
    """Medians of all rounds on the emulator: milliseconds, and megabytes resident."""

    init: float
    first: float
    warm: float
    cpu_cold: float
    cpu_warm: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Instructions:
    """Millions of instructions, less those of an empty handler."""

    init: float
    first: float
    warm: float

    @property
    def cold(self) -> float:
        """Until the first upload is processed."""
        return self.init + self.first


@dataclass(frozen=True, slots=True)
class UploadRun:
    """One upload, with its remote calls as the stubs logged them; `init_ms` is 0 if it was warm."""

    init_ms: float
    invocation: Invocation
    calls: Sequence[Call]
    new_connections: int

    @property
    def waits(self) -> int:
        """Remote waits in a row until the verdict was published."""
        return request_log.waits_in_a_row(request_log.until_published(self.calls))

    @property
    def image_bytes(self) -> int:
        """Bytes of the image that were read."""
        return sum(call.body_bytes for call in self.calls if call.service == "S3")


@dataclass(frozen=True, slots=True)
class UploadRuns:
    """A cold upload and a warm one."""

    cold: UploadRun
    warm: UploadRun


@dataclass(frozen=True, slots=True)
class Throughput:
    """Uploads per second, where every remote call takes `DELAY_MS`."""

    one_by_one: float
    batch: float


def time_all(
    builds: Sequence[Build], addresses: Mapping[str, str], runtime: Runtime
) -> Mapping[str, Timings]:
    """Run all of them alternately, so that other load on the machine affects all alike."""
    rounds: dict[str, list[Timings]] = {build.name: [] for build in builds}
    for number in range(ROUNDS):
        first = number % len(builds)
        for build in [*builds[first:], *builds[:first]]:
            rounds[build.name].append(_time_one(build, addresses, runtime))
        print_dot()
    return {
        name: Timings(*map(statistics.median, zip(*map(astuple, timings), strict=True)))
        for name, timings in rounds.items()
    }


def _time_one(build: Build, addresses: Mapping[str, str], runtime: Runtime) -> Timings:
    with sandbox(build, addresses, runtime) as box:
        box.invoke(s3_event())
        cpu_cold = box.cpu_ms
        for _ in range(WARM_UPLOADS):
            box.invoke(s3_event())
        cpu_warm = (box.cpu_ms - cpu_cold) / WARM_UPLOADS
        first, *warm = box.invocations_ms
        return Timings(box.init_ms, first, statistics.median(warm), cpu_cold, cpu_warm, box.peak_mb)


def count_all(
    builds: Builds, addresses: Mapping[str, str], runtime: Runtime
) -> Mapping[str, Instructions]:
    """Count all of them, two at a time: other load does not change instructions."""
    uploads = (0, 1, FEW, MANY)
    jobs = [(build, number) for build in (builds.empty, *builds.compared) for number in uploads]

    def count_one(job: tuple[Build, int]) -> int:
        build, number = job
        instructions = count(build, [s3_event() for _ in range(number)], addresses, runtime)
        print_dot()
        return instructions

    with ThreadPoolExecutor(2) as pool:
        names = [(build.name, number) for build, number in jobs]
        counts = dict(zip(names, pool.map(count_one, jobs), strict=True))

    def millions(build: Build) -> Instructions:
        init, one, few, many = (
            (counts[build.name, number] - counts[builds.empty.name, number]) / 1e6
            for number in uploads
        )
        return Instructions(init, one - init, (many - few) / (MANY - FEW))

    return {build.name: millions(build) for build in builds.compared}


def run_uploads(build: Build, services: Services, runtime: Runtime) -> UploadRuns:
    """Run a cold upload and three more, and return the first and the last."""
    with sandbox(build, services.addresses, runtime) as box:
        first, *_, last = [box.invoke(s3_event()) for _ in range(4)]
        init_ms = box.init_ms
    seen = [call for call in services.request_log if call.began >= first.began]

    def run(invocation: Invocation, init_ms: float) -> UploadRun:
        calls = request_log.within(seen, invocation.began, invocation.ended)
        before = [call for call in seen if call.began < invocation.began]
        new = request_log.new_connections(calls, before)
        return UploadRun(init_ms, invocation, calls, new)

    return UploadRuns(cold=run(first, init_ms), warm=run(last, 0.0))


def measure_throughput(build: Build, services: Services, runtime: Runtime) -> Throughput:
    """Compare uploads one by one with batches of RetryQueue."""
    with sandbox(build, services.addresses, runtime) as box:
        box.invoke(sqs_event(BATCH))
        one_by_one, batch = [], []
        for _ in range(BATCHES):
            one_by_one.append(sum(box.invoke(s3_event()).seconds for _ in range(BATCH)))
            batch.append(box.invoke(sqs_event(BATCH)).seconds)
    return Throughput(BATCH / statistics.median(one_by_one), BATCH / statistics.median(batch))


def print_dot() -> None:
    """Show that something has been measured."""
    sys.stdout.write(". ")
    sys.stdout.flush()
