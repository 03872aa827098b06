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

# Millions of instructions, counted on the day: what was changed, and what came of it.
_TRIED = """\
| what ships | init | first upload | warm | zipped, MB |
| --- | --: | --: | --: | --: |
| before | 1609 | 1094 | 33.4 | 4.2 |
| third-party code as bytecode alone, unused parts of Powertools left out; models cut to our \
calls; the user agent composed once; the secret kept by ourselves | 1169 | 1092 | 28.3 | 1.88 |
| our typed calls not validated twice (counted together with fewer checksums, which did not \
ship) | | | 26.8 | |
| connections that share one set of roots | | 489 | 23.0 | |
| Powertools Batch and the client of SQS only where a queue calls | 1123 | | | |
| the log line, metrics and subsegments of an upload's story | | | 27.7 | |
| attributes of DynamoDB written by ourselves, without boto3 | 1048 | | | |
| subsegments told to X-Ray's daemon without its SDK; an upload's id computed once | 986 | 485 \
| 24.3 | 1.54 |
| addresses presigned by botocore's signer alone | | | 23.6 | |
| DetectLiveFace over kept connections of `http.client` where no proxy is set; what its requests \
have in common prepared once | | | 22.0 | |
| no sampling drawn where none is asked for; GetObject's answer cut to what is read of it; no \
DEBUG lines made up for nobody | 998 | 482 | 21.2 | |

Tried, and left out:

- **A CA bundle of Amazon's roots alone**, before the clients shared theirs: first upload 341 M in
  place of 1088. Now the bundle is read twice in a sandbox, once of that for Tencent Cloud, whose
  roots are not known; a list of roots to keep up to date was not worth the other reading.
- **The garbage collector off while modules load, and what they made frozen.** Init 1048 → 1008 M,
  nothing else. It must stand before the first import, and the figure is reached without it.

What bounds a warm upload, by profile: botocore takes some 2.5 M instructions for each of our five
calls before and after the wire (signing, events, endpoint rules, headers). Left out:

- **Checksums only where S3 asks for them, and no validation for S3 either**: 0.1 M. What they guard
  is worth more.
- **Subsegments in one document for an upload, in place of eight**: at most 0.2 M. An upload that
  dies half-way would leave no trace of its steps.
- **No routing by account for DynamoDB, no compression, no host prefixes**: nothing to measure.
- **Powertools' metrics off**: nothing to measure.

Beyond them are botocore's signing and the reading of HTTP: code of our own for either was ruled
out.
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
        "## What was tried\n",
        _TRIED,
        "## MemorySize\n",
        "[cost.md](cost.md#the-memory-size) chooses it by the CPU times and the peak above.\n",
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
