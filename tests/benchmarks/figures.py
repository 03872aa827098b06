"""The figures to reach (issue "Fast to start, cheap to run"), and whether they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.benchmarks.measure import DELAY_MILLISECONDS, Counted, Courses, Felt, Throughput

MEGABYTE = 1_000_000
KIBIBYTE = 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that was measured, by the contestants' names; no instructions, no `counted`."""

    felt: Mapping[str, Felt]
    counted: Mapping[str, Counted]
    courses: Mapping[str, Courses]
    throughput: Throughput
    zipped: Mapping[str, int]
    uncompiled: int

    def per_call(self, name: str) -> float:
        """Millions of instructions for each remote call of a warm upload."""
        return self.counted[name].warm / len(self.courses[name].warm.calls)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: at most `limit`, or at least where `at_least`; `aim` is what would be better."""

    name: str
    value: float
    limit: float
    unit: str = ""
    aim: float | None = None
    at_least: bool = False
    bounded_by: str = ""

    @property
    def reached(self) -> bool:
        """Whether it is."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def shown(self) -> str:
        """The value as people read it."""
        digits = 0 if float(self.value).is_integer() and not self.is_ratio else 2
        return f"{self.value:.{digits}f}{self.unit}"

    @property
    def is_ratio(self) -> bool:
        """Whether it says how many times another's the value is."""
        return "of (" in self.name

    @property
    def asked(self) -> str:
        """The limit, and the aim where there is one."""
        digits = 0 if float(self.limit).is_integer() else 2
        limit = f"{'≥' if self.at_least else '≤'} {self.limit:.{digits}f}{self.unit}"
        return f"{limit}, aim {self.aim:.2f}" if self.aim else limit


def figures(measured: Measured) -> list[Figure]:
    """All of them, judged ones first; without valgrind, none of instructions."""
    return [*_counted(measured), *_seen(measured)]


def _counted(measured: Measured) -> Iterator[Figure]:
    if not measured.counted:
        return
    ours, tutorial, careful = (measured.counted[name] for name in ("ours", "tutorial", "careful"))
    imports = "importing botocore and making its clients is most of it"
    yield Figure("init, of (a)", ours.init / tutorial.init, 0.30, aim=0.22, bounded_by=imports)
    yield Figure("init, of (b)", ours.init / careful.init, 0.85, aim=0.65, bounded_by=imports)
    yield Figure(
        "init and first upload, of (a)",
        ours.cold / tutorial.cold,
        0.45,
        aim=0.33,
        bounded_by="each new connection reads its CA bundle, and ours makes one more than (a)",
    )
    yield Figure(
        "warm, a remote call, of (b)'s",
        measured.per_call("ours") / measured.per_call("careful"),
        0.75,
        bounded_by="botocore's share of a call is the same for both, see below",
    )


def _seen(measured: Measured) -> Iterator[Figure]:
    warm = measured.courses["ours"].warm
    felt, zipped = measured.felt, measured.zipped["ours"] / MEGABYTE
    yield Figure("new connections of a warm upload", warm.new_connections, 0)
    yield Figure(
        "remote waits in a row until the announcement",
        warm.waits,
        4,
        bounded_by="claim and look wait for each other",
    )
    yield Figure("picture read", warm.picture_bytes / KIBIBYTE, 64, " KiB")
    yield Figure(
        "peak memory, of (a)",
        felt["ours"].peak / felt["tutorial"].peak,
        0.80,
        bounded_by="botocore's models and the CA bundle that each connection holds",
    )
    yield Figure(
        "function and layer, zipped",
        zipped,
        2,
        " MB",
        bounded_by="sources and bytecode of the layer's dependencies",
    )
    yield Figure(
        "files without bytecode for the runtime",
        measured.uncompiled,
        0,
        bounded_by="SAM's own builder leaves out bytecode",
    )
    yield Figure(
        f"batch of ten at {DELAY_MILLISECONDS} ms a call, of (uploads a second one by one)",
        measured.throughput.batch / measured.throughput.one_by_one,
        6,
        at_least=True,
        bounded_by="CPU time of ten uploads on one core, beside which the waits are short",
    )
