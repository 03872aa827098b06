"""The figures that the function must reach, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.measure import DELAY_MS, Instructions, Throughput, Timings, UploadRuns
from benchmarks.measure_api import ApiResults
from benchmarks.measurements import at_memory, memory_mb

MEGABYTE = 1_000_000
KIBIBYTE = 1024
# Of (a). Powertools' validation, pydantic and boto3 are most of it.
_COLD_API = 0.40


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that was measured, by the builds' names; `instructions` is empty w/o valgrind."""

    timings: Mapping[str, Timings]
    instructions: Mapping[str, Instructions]
    runs: Mapping[str, UploadRuns]
    throughput: Throughput
    zipped_bytes: Mapping[str, int]
    uncompiled: int
    upload_api: ApiResults

    def per_call(self, name: str) -> float:
        """Millions of instructions per remote call of a warm upload."""
        return self.instructions[name].warm / len(self.runs[name].warm.calls)

    def cpu_warm_at_memory(self, name: str) -> float:
        """Milliseconds that a warm upload computes at the template's memory."""
        return at_memory(self.timings[name].cpu_warm, memory_mb())


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: at most `limit`, or at least with `at_least`; `aim` would be better still.

    Without a limit it is reported only.
    """

    name: str
    value: float
    limit: float | None
    aim: float | None = None
    unit: str = ""
    digits: int = 0
    at_least: bool = False

    @property
    def reached(self) -> bool:
        """Whether the value keeps the limit."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """Name, measured, limit, aim, and the result."""
        if self.limit is None:
            return (self.name, self._text(self.value), "-", "-", "reported")
        sign = "≥" if self.at_least else "≤"
        return (
            self.name,
            self._text(self.value),
            f"{sign} {self._text(self.limit)}",
            "-" if self.aim is None else self._text(self.aim),
            "reached" if self.reached else "missed",
        )

    def _text(self, number: float) -> str:
        return f"{number:.{self.digits}f}{self.unit}"


def figures(results: Results) -> list[Figure]:
    """Return all figures; without valgrind, none of instructions."""
    return [
        *_of_instructions(results),
        *_of_behaviour(results),
        *_of_size(results),
        *_of_upload_api(results),
    ]


def _of_instructions(results: Results) -> Iterator[Figure]:
    if not results.instructions:
        return
    ours, tutorial, careful = (
        results.instructions[name].cold for name in ("ours", "tutorial", "careful")
    )
    per_call = results.per_call("ours") / results.per_call("careful")
    cold = "cold upload (init and first upload), instructions"
    yield Figure(f"{cold}, of (a)", ours / tutorial, 0.35, 0.30, digits=3)
    yield Figure(f"{cold}, of (b)", ours / careful, 0.82, 0.70, digits=3)
    # A twentieth of ours is the HMAC of 64 KiB: valgrind has no SHA extensions, Lambda's CPUs have.
    yield Figure("warm upload, instructions per remote call, of (b)", per_call, 1.02, digits=3)


def _of_behaviour(results: Results) -> Iterator[Figure]:
    warm = results.runs["ours"].warm
    yield Figure(
        f"CPU work of a warm upload at {memory_mb()} MB",
        results.cpu_warm_at_memory("ours"),
        None,
        unit=" ms",
    )
    yield Figure("remote waits in a row until published", warm.waits, 4, 4)
    yield Figure("new connections of a warm upload", warm.new_connections, 0, 0)
    yield Figure("image read", warm.image_bytes / KIBIBYTE, 64, unit=" KiB")
    yield Figure(
        f"batch of ten at {DELAY_MS} ms a call, speed-up over one by one",
        results.throughput.batch / results.throughput.one_by_one,
        6,
        digits=1,
        at_least=True,
    )


def _of_size(results: Results) -> Iterator[Figure]:
    peak = results.timings["ours"].peak_mb / results.timings["tutorial"].peak_mb
    zipped = results.zipped_bytes["ours"] / MEGABYTE
    yield Figure("peak memory, of (a)", peak, 0.85, 0.75, digits=3)
    yield Figure("function and layer, zipped", zipped, 6.5, 5.0, unit=" MB", digits=1)
    yield Figure("sources without bytecode for the runtime", results.uncompiled, 0)


def _of_upload_api(results: Results) -> Iterator[Figure]:
    api = results.upload_api
    for method, waits in (("POST", 2), ("GET", 1)):
        calls = api.calls[method]
        yield Figure(f"upload API, warm {method}: remote waits in a row", calls.waits, waits, waits)
        yield Figure(f"upload API, warm {method}: new connections", calls.new_connections, 0, 0)
        if api.instructions:
            share = api.instructions[method].cold / results.instructions["tutorial"].cold
            name = f"upload API, cold {method} (init and answer), instructions, of (a)"
            yield Figure(name, share, _COLD_API, digits=3)
