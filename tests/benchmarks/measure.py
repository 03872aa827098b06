"""What is measured of the contestants, and in which order."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.benchmarks import journal
from tests.benchmarks.builds import Contestant
from tests.benchmarks.emulator import Invocation, sandbox
from tests.benchmarks.field import Stubs
from tests.benchmarks.instructions import count
from tests.benchmarks.invocations import one_upload, queued
from tests.benchmarks.journal import Call
from tests.benchmarks.runtime import Runtime

ROUNDS = 15
WARM_UPLOADS = 20
BATCH = 10
BATCHES = 3
# So long that a wait shows, and as long as a call across the world takes.
DELAY_MILLISECONDS = 50
# Warm uploads are counted between these two.
FEW, MANY = 10, 30


@dataclass(frozen=True, slots=True)
class Felt:
    """Medians over all rounds, on the emulator: milliseconds, and megabytes resident."""

    init: float
    first: float
    warm: float
    cpu_cold: float
    cpu_warm: float
    peak: float


@dataclass(frozen=True, slots=True)
class Counted:
    """Millions of instructions over those of a handler that does nothing."""

    init: float
    first: float
    warm: float

    @property
    def cold(self) -> float:
        """Until the first upload is answered."""
        return self.init + self.first


@dataclass(frozen=True, slots=True)
class Course:
    """The course of one upload, with its remote calls as the stubs saw them."""

    init_milliseconds: float
    invocation: Invocation
    calls: Sequence[Call]
    new_connections: int

    @property
    def waits(self) -> int:
        """Remote waits in a row until the announcement was made."""
        return journal.waits_in_a_row(journal.before_the_announcement(self.calls))

    @property
    def picture_bytes(self) -> int:
        """Bytes of the picture that were read."""
        return sum(call.sent for call in self.calls if call.service == "S3")


@dataclass(frozen=True, slots=True)
class Courses:
    """A cold upload and a warm one."""

    cold: Course
    warm: Course


@dataclass(frozen=True, slots=True)
class Throughput:
    """Uploads a second, where every remote call takes `DELAY_MILLISECONDS`."""

    one_by_one: float
    batch: float


def felt(
    contestants: Sequence[Contestant], addresses: Mapping[str, str], runtime: Runtime
) -> Mapping[str, Felt]:
    """Run all of them in turn, so that whatever else the machine does meets all alike."""
    seen: dict[str, list[Felt]] = {contestant.name: [] for contestant in contestants}
    for number in range(ROUNDS):
        first = number % len(contestants)
        for contestant in [*contestants[first:], *contestants[:first]]:
            seen[contestant.name].append(_one_round(contestant, addresses, runtime))
        _dot()
    return {
        name: Felt(*(statistics.median(column) for column in _columns(rounds)))
        for name, rounds in seen.items()
    }


def _one_round(contestant: Contestant, addresses: Mapping[str, str], runtime: Runtime) -> Felt:
    with sandbox(contestant, addresses, runtime) as box:
        box.invoke(one_upload())
        cpu_cold = box.cpu_milliseconds
        for _ in range(WARM_UPLOADS):
            box.invoke(one_upload())
        cpu_warm = (box.cpu_milliseconds - cpu_cold) / WARM_UPLOADS
        first, *warm = box.milliseconds
        return Felt(
            box.init_milliseconds,
            first,
            statistics.median(warm),
            cpu_cold,
            cpu_warm,
            box.peak_megabytes,
        )


def _columns(rounds: Sequence[Felt]) -> Iterable[tuple[float, ...]]:
    return zip(
        *((one.init, one.first, one.warm, one.cpu_cold, one.cpu_warm, one.peak) for one in rounds),
        strict=True,
    )


def counted(
    contestants: Sequence[Contestant],
    nothing: Contestant,
    addresses: Mapping[str, str],
    runtime: Runtime,
) -> Mapping[str, Counted]:
    """Count all of them, two at a time: instructions do not mind company."""
    uploads = (0, 1, FEW, MANY)
    jobs = [(who, number) for who in (nothing, *contestants) for number in uploads]

    def one(job: tuple[Contestant, int]) -> int:
        who, number = job
        result = count(who, [one_upload() for _ in range(number)], addresses, runtime)
        _dot()
        return result

    with ThreadPoolExecutor(2) as pool:
        names = [(who.name, number) for who, number in jobs]
        results = dict(zip(names, pool.map(one, jobs), strict=True))
    return {
        who.name: _over(
            [results[nothing.name, number] for number in uploads],
            [results[who.name, number] for number in uploads],
        )
        for who in contestants
    }


def _over(base: Sequence[int], counts: Sequence[int]) -> Counted:
    init, one, few, many = (
        (mine - theirs) / 1e6 for mine, theirs in zip(counts, base, strict=True)
    )
    return Counted(init, one - init, (many - few) / (MANY - FEW))


def courses(contestant: Contestant, served: Stubs, runtime: Runtime) -> Courses:
    """Follow a cold upload and the third one after it."""
    with sandbox(contestant, served.addresses, runtime) as box:
        cold = box.invoke(one_upload())
        for _ in range(2):
            box.invoke(one_upload())
        warm = box.invoke(one_upload())
        init = box.init_milliseconds
    seen = [call for call in served.calls() if call.began >= cold.began]
    return Courses(
        *(
            Course(
                init if invocation is cold else 0.0,
                invocation,
                calls := journal.within(invocation, seen),
                journal.new_connections(
                    calls, [call for call in seen if call.began < invocation.began]
                ),
            )
            for invocation in (cold, warm)
        )
    )


def throughput(contestant: Contestant, served: Stubs, runtime: Runtime) -> Throughput:
    """Uploads that come one by one against a batch of RetryQueue."""
    with sandbox(contestant, served.addresses, runtime) as box:
        box.invoke(queued(BATCH))
        one_by_one, batch = [], []
        for _ in range(BATCHES):
            uploads = [box.invoke(one_upload()) for _ in range(BATCH)]
            one_by_one.append(sum(upload.ended - upload.began for upload in uploads))
            together = box.invoke(queued(BATCH))
            batch.append(together.ended - together.began)
    return Throughput(BATCH / statistics.median(one_by_one), BATCH / statistics.median(batch))


def _dot() -> None:
    sys.stdout.write("·")
    sys.stdout.flush()
