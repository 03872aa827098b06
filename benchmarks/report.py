"""The page `docs/performance.md`, and the same tables for the terminal."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.figures import MEGABYTE, Results, figures
from benchmarks.measure import DELAY_MS, ROUNDS, WARM_UPLOADS
from benchmarks.measure_api import REQUESTS, WARM_REQUESTS, ApiResults
from benchmarks.measurements import OURS, WHOLE_CPU_MB, memory_mb

# The builds' names, and how the tables call them.
_PROGRAMS = {
    "ours": OURS,
    "tutorial": "(a) tutorial",
    "careful": "(b) careful",
    "lower_bound": "(c) lower bound",
}
TIMELINE = "timeline.png"

_INTRODUCTION = f"""\
# Performance

`make bench` measures and writes this page. It compares our function, as `sam build` makes it, with:

- **(a) tutorial**: what people would write instead, with the vendor's SDK and boto3, built by
  `sam build` from a `requirements.txt`. It detects, saves and publishes: three remote calls. Ours
  also acquires a lease, reads the image's head and marks the verdict as published.
  [Its code](../benchmarks/peers/tutorial/app.py).
- **(b) careful**: the same with one SDK client that keeps its connection, and with bytecode.
- **(c) lower bound**: our six remote calls by `http.client` alone, unsigned, with nothing else.

(a), (b) and ours package boto3, as AWS recommends ("Working with .zip file archives for Python
Lambda functions"). All run on Lambda's own runtime interface client, call the same stubs over TLS,
and read the full CA bundle. Instructions are counted by cachegrind, less those of an empty handler;
they repeat within a thousandth. Milliseconds and megabytes are medians of {ROUNDS} alternated
rounds on Lambda's emulator with {WARM_UPLOADS} warm uploads each; they depend on the machine.
"""

_API_INTRODUCTION = f"""\
The function of the upload API on the same runtime and stubs: POST with an Idempotency-Key, which
counts the attempt and presigns the form, and GET, which finds a verdict. API Gateway is not in it.
Milliseconds are medians of {ROUNDS} rounds with {WARM_REQUESTS} warm requests each.
"""


def page(results: Results) -> str:
    """Return the whole page, as Markdown."""
    throughput = results.throughput
    return "\n".join(
        [
            _INTRODUCTION,
            "## Limits\n",
            "`make bench` exits with status 1 where a limit is missed.\n",
            _table(_figure_rows(results)),
            "\n## Measurements\n",
            _table(_measurement_rows(results)),
            f"\nThroughput at {DELAY_MS} ms per remote call: {throughput.one_by_one:.1f} uploads "
            f"per second one by one, {throughput.batch:.1f} in batches of ten.\n",
            f"Lambda gives a whole CPU at {WHOLE_CPU_MB} MB and a share of it below: the row for "
            f"{memory_mb()} MB is the CPU time\ndivided by that share. "
            "[cost.md](cost.md#the-memory-size) chooses the memory size by these figures.\n",
            "## The upload API\n",
            f"{_API_INTRODUCTION}\n",
            _table(_api_rows(results.upload_api)),
            "",
            _levers(results),
            "## Timeline\n",
            f"Each remote call takes {DELAY_MS} ms here. The bars are what the services logged; "
            "the gaps are the\nfunction's own work, new connections included.\n",
            f"![Timelines of a cold and a warm upload]({TIMELINE})\n",
            f"Measured on {platform.system()} {platform.machine()}, "
            f"Python {platform.python_version()}.\n",
        ]
    )


def _levers(results: Results) -> str:
    tutorial, careful = (results.instructions[name] for name in ("tutorial", "careful"))
    return f"""\
## What makes the difference

- **Bytecode.** `sam build` ships none, and Lambda discards what it compiles. Ours lies beside the
  sources, compiled by the runtime's Python version and never checked against them (PEP 552). It is
  most of the difference between (a) and (b) at init: {tutorial.init:.0f} and {careful.init:.0f} M.
- **Models reduced at build time.** botocore reads the whole model of a service to make its client.
  The build of the layer reduces the models to the operations that the adapters use.
- **One session, and its clients made at init.** A client costs less on a session that has made one
  before, and what is made at init is not waited for by an upload.
- **One SSL context behind botocore.** On its own, botocore parses the CA bundle for each new
  connection ([botocore#3171](https://github.com/boto/botocore/issues/3171),
  [urllib3#3623](https://github.com/urllib3/urllib3/issues/3623)); here it does so once. The trust
  store stays whole.
- **Connections stay open.** A warm upload opens none.
- **A lean layer.** No vendor SDK, no X-Ray SDK; each dependency has its reason in
  `layers/liveness/pyproject.toml`.
- **Fewer waits.** The image's head, at most 64 KiB, is read while the lease is acquired; a batch is
  processed in parallel.
"""


def terminal_lines(results: Results) -> list[str]:
    """Return the tables as the terminal shows them."""
    return [
        *_columns(_measurement_rows(results)),
        "",
        *_columns(_api_rows(results.upload_api)),
        "",
        *_columns(_figure_rows(results)),
    ]


def _figure_rows(results: Results) -> Iterator[Sequence[str]]:
    yield ("figure", "measured", "limit", "aim", "result")
    yield from (figure.cells for figure in figures(results))


def _measurement_rows(results: Results) -> Iterator[Sequence[str]]:
    yield ("", *_PROGRAMS.values())
    if results.instructions:
        yield from _instruction_rows(results)
    timings, runs = results.timings, results.runs
    yield _row("init, ms", lambda name: f"{timings[name].init:.0f}")
    yield _row("first upload, ms", lambda name: f"{timings[name].first:.0f}")
    yield _row("warm upload, ms", lambda name: f"{timings[name].warm:.1f}")
    yield _row("CPU until the first answer, ms", lambda name: f"{timings[name].cpu_cold:.0f}")
    yield _row("CPU of a warm upload, ms", lambda name: f"{timings[name].cpu_warm:.1f}")
    yield _row(f"… at {memory_mb()} MB", lambda name: f"{results.cpu_warm_at_memory(name):.0f}")
    yield _row("peak memory, MB", lambda name: f"{timings[name].peak_mb:.0f}")
    yield _row("zipped, MB", lambda name: f"{results.zipped_bytes[name] / MEGABYTE:.1f}")
    yield _row("remote calls, warm", lambda name: str(len(runs[name].warm.calls)))
    yield _row("… in a row until published", lambda name: str(runs[name].warm.waits))
    yield _row("… cold", lambda name: str(runs[name].cold.waits))
    yield _row("new connections, warm", lambda name: str(runs[name].warm.new_connections))
    yield _row("… cold", lambda name: str(runs[name].cold.new_connections))


def _instruction_rows(results: Results) -> Iterator[Sequence[str]]:
    counts = results.instructions
    yield _row("init, M instructions", lambda name: f"{counts[name].init:.0f}")
    yield _row("first upload, M", lambda name: f"{counts[name].first:.0f}")
    yield _row("init and first upload, M", lambda name: f"{counts[name].cold:.0f}")
    yield _row("warm upload, M", lambda name: f"{counts[name].warm:.1f}")
    yield _row("… per remote call", lambda name: f"{results.per_call(name):.1f}")


def _api_rows(api: ApiResults) -> Iterator[Sequence[str]]:
    def row(title: str, cell: Callable[[str], str]) -> tuple[str, ...]:
        return (title, *map(cell, REQUESTS))

    yield ("", *REQUESTS)
    if counts := api.instructions:
        yield row("init and answer, M instructions", lambda method: f"{counts[method].cold:.0f}")
        yield row("warm request, M", lambda method: f"{counts[method].warm:.1f}")
    yield row("init and answer, ms", lambda method: f"{api.times[method].cold:.0f}")
    yield row("warm request, ms", lambda method: f"{api.times[method].warm:.1f}")
    yield row("remote calls of a warm request", lambda method: str(len(api.calls[method].calls)))
    yield row("… in a row", lambda method: str(api.calls[method].waits))
    yield row("… on new connections", lambda method: str(api.calls[method].new_connections))


def _row(title: str, cell: Callable[[str], str]) -> tuple[str, ...]:
    return (title, *map(cell, _PROGRAMS))


def _table(rows: Iterable[Sequence[str]]) -> str:
    head, *body = rows
    aligned = ["---", *("--:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, aligned, *body))


def _columns(rows: Iterable[Sequence[str]]) -> list[str]:
    listed = list(rows)
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return [
        "  "
        + "  ".join(
            f"{cell:>{width}}" if n else f"{cell:{width}}"
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in listed
    ]
