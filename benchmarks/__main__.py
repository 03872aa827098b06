"""Measure our functions and the peers of one, and write docs/performance.md.

``python -m benchmarks`` builds all of them, runs them alternately and prints the tables. Its exit
status is 1 where a limit is missed. Without valgrind no instructions are counted, and the page
stays as it is.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping

from benchmarks.builds import Builds, build_all
from benchmarks.figures import Results, figures
from benchmarks.measure import (
    DELAY_MS,
    ROUNDS,
    Instructions,
    count_all,
    measure_throughput,
    run_uploads,
    time_all,
)
from benchmarks.measure_api import ApiResults, count_requests, log_requests, time_requests
from benchmarks.measurements import PAGE
from benchmarks.report import TIMELINE, page, terminal_lines
from benchmarks.runtime import STATE, Runtime, install_runtime
from benchmarks.services import services
from benchmarks.timeline import draw
from local.certificates import Certificates
from local.cloud import stop_on_signals
from local.console import UserError, progress


def main() -> int:
    """Measure, print, and write the page."""
    stop_on_signals()
    began = time.monotonic()
    try:
        results = _measure()
    except UserError as error:
        sys.stderr.write(f"\n{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    print("", *terminal_lines(results), sep="\n")
    _write(results)
    print(f"\n  {time.monotonic() - began:.0f} s in total")
    return 0 if all(figure.reached for figure in figures(results)) else 1


def _measure() -> Results:
    with progress("Install the runtime"):
        runtime = install_runtime()
    with progress("Build the function and its peers"):
        builds = build_all(runtime)
        # Before a certificate is added to their CA bundles.
        zipped_bytes = {build.name: build.zipped_bytes() for build in builds.compared}
        uncompiled = builds.ours.uncompiled() + builds.upload_api.uncompiled()
        certificates = _certificates()
        builds.trust(certificates.ca_bundle)
    with services(certificates, delay_ms=0) as served:
        instructions, of_api = _count(builds, served.addresses, runtime)
        with progress(f"Run all of them alternately, {ROUNDS} rounds"):
            timings = time_all(builds.compared, served.addresses, runtime)
        with progress(f"Run the upload API, {ROUNDS} rounds"):
            times = time_requests(builds.upload_api, served.addresses, runtime)
    with services(certificates, DELAY_MS) as served:
        with progress(f"Log remote calls that take {DELAY_MS} ms each"):
            runs = {build.name: run_uploads(build, served, runtime) for build in builds.compared}
        with progress("Compare one by one with batches of ten"):
            throughput = measure_throughput(builds.ours, served, runtime)
        with progress("Log the remote calls of the upload API"):
            calls = log_requests(builds.upload_api, served, runtime)
    api = ApiResults(times, calls, of_api)
    return Results(timings, instructions, runs, throughput, zipped_bytes, uncompiled, api)


def _certificates() -> Certificates:
    folder = STATE / "certificates"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return Certificates.create(folder)


def _count(
    builds: Builds, addresses: Mapping[str, str], runtime: Runtime
) -> tuple[Mapping[str, Instructions], Mapping[str, Instructions]]:
    """The instructions of the uploads, by the builds' names, and of the upload API, by method."""
    if not runtime.valgrind:
        print("  No instructions are counted: valgrind is missing (apt install valgrind).")
        return {}, {}
    with progress("Count instructions"):
        return count_all(builds, addresses, runtime), count_requests(builds, addresses, runtime)


def _write(results: Results) -> None:
    if not results.instructions:
        print("\n  docs/performance.md stays as it is: it needs the instructions.")
        return
    ours, tutorial = results.runs["ours"], results.runs["tutorial"]
    draw(
        [
            ("Ours, cold", ours.cold),
            ("Ours, warm", ours.warm),
            ("(a) tutorial, warm", tutorial.warm),
        ],
        PAGE.with_name(TIMELINE),
    )
    PAGE.write_text(page(results), encoding="utf-8")
    print("\n  docs/performance.md is written.")


if __name__ == "__main__":
    raise SystemExit(main())
