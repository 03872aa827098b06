"""The page `docs/performance.md`, and the same tables for the terminal."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence

from tests.benchmarks.figures import MEGABYTE, Figure, Measured, figures
from tests.benchmarks.measure import DELAY_MILLISECONDS, ROUNDS, WARM_UPLOADS

_NAMES = {
    "ours": "ours",
    "tutorial": "(a) tutorial",
    "careful": "(b) careful",
    "floor": "(c) floor",
}
TIMELINE = "timeline.svg"

_INTRODUCTION = f"""\
# Performance

Written by `make bench`. Our function as `sam build` makes it, against:

- **(a) tutorial**: what people would write instead, on the vendor's SDK and boto3, built by plain
  `sam build` from a `requirements.txt`. It asks, records and announces: three remote calls, where
  ours also claims, looks and marks. [Its code](../tests/benchmarks/contestants/tutorial/app.py).
- **(b) careful**: the same with one client of the SDK that keeps its connection, and precompiled.
- **(c) floor**: our six remote calls over bare `http.client`, unsigned, with nothing around them.

(a) and (b) package boto3, as AWS says to ("Working with .zip file archives for Python Lambda
functions"); ours takes the runtime's. All of them run on Lambda's runtime client and ask the same
stubs over TLS, with the full CA bundle where their libraries look first. Instructions are counted
by cachegrind, over those of a handler that does nothing, and are what is judged: they repeat to a
thousandth. Milliseconds and megabytes are medians of {ROUNDS} rounds in turn on Lambda's emulator,
{WARM_UPLOADS} warm uploads in each, and depend on the machine; of them, memory alone is judged.
"""


def page(measured: Measured) -> str:
    """The whole page, as Markdown."""
    parts = [
        _INTRODUCTION,
        "## The figures to reach\n",
        _table(_figure_rows(figures(measured))),
        *_what_bounds(figures(measured)),
        "## What was measured\n",
        _table(_rows(measured)),
        f"\nThroughput at {DELAY_MILLISECONDS} ms a remote call: "
        f"{measured.throughput.one_by_one:.1f} uploads a second one by one, "
        f"{measured.throughput.batch:.1f} in batches of ten.\n",
        "## Where the time goes\n",
        f"Every remote call takes {DELAY_MILLISECONDS} ms here. Bars are what the services saw; "
        "the gaps between them are the function's own work, new connections included.\n",
        f"![Time lines of a cold and a warm upload]({TIMELINE})\n",
        f"Measured on {_machine()}.",
    ]
    return "\n".join(parts) + "\n"


def lines(measured: Measured) -> list[str]:
    """The tables as they are shown in a terminal."""
    return [*_columns(_rows(measured)), "", *_columns(_figure_rows(figures(measured)))]


def _figure_rows(found: Sequence[Figure]) -> Iterator[Sequence[str]]:
    yield ("figure", "ours", "to reach", "")
    for figure in found:
        reached = "reached" if figure.reached else "not reached"
        yield (figure.name, figure.shown, figure.asked, reached)


def _what_bounds(found: Sequence[Figure]) -> Iterator[str]:
    missed = [figure for figure in found if not figure.reached and figure.bounded_by]
    if missed:
        yield "\nWhat bounds those that are not reached:\n"
        yield from (f"- {figure.name}: {figure.bounded_by}." for figure in missed)
    yield ""


def _rows(measured: Measured) -> Iterator[Sequence[str]]:
    yield ("", *_NAMES.values())
    if measured.counted:
        counted = measured.counted
        yield _row("init, M instructions", {n: f"{c.init:.0f}" for n, c in counted.items()})
        yield _row("first upload, M", {n: f"{c.first:.0f}" for n, c in counted.items()})
        yield _row("warm upload, M", {n: f"{c.warm:.1f}" for n, c in counted.items()})
        yield _row("… for each remote call", {n: f"{measured.per_call(n):.1f}" for n in _NAMES})
    felt, courses = measured.felt, measured.courses
    yield _row("init, ms", {n: f"{f.init:.0f}" for n, f in felt.items()})
    yield _row("first upload, ms", {n: f"{f.first:.0f}" for n, f in felt.items()})
    yield _row("warm upload, ms", {n: f"{f.warm:.1f}" for n, f in felt.items()})
    yield _row("CPU until the first answer, ms", {n: f"{f.cpu_cold:.0f}" for n, f in felt.items()})
    yield _row("CPU of a warm upload, ms", {n: f"{f.cpu_warm:.1f}" for n, f in felt.items()})
    yield _row("peak memory, MB", {n: f"{f.peak:.0f}" for n, f in felt.items()})
    yield _row("zipped, MB", {n: f"{z / MEGABYTE:.1f}" for n, z in measured.zipped.items()})
    yield _row("remote calls, warm", {n: str(len(c.warm.calls)) for n, c in courses.items()})
    yield _row("… in a row until told", {n: str(c.warm.waits) for n, c in courses.items()})
    yield _row("… cold", {n: str(c.cold.waits) for n, c in courses.items()})
    yield _row(
        "new connections, warm", {n: str(c.warm.new_connections) for n, c in courses.items()}
    )
    yield _row("… cold", {n: str(c.cold.new_connections) for n, c in courses.items()})


def _row(title: str, values: dict[str, str]) -> tuple[str, ...]:
    return (title, *(values[name] for name in _NAMES))


def _table(rows: Iterator[Sequence[str]]) -> str:
    head, *body = rows
    aligned = ["---", *("--:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, aligned, *body))


def _columns(rows: Iterator[Sequence[str]]) -> list[str]:
    listed = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*listed, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in listed
    ]


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
