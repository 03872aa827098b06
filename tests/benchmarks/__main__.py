"""What our function costs beside what people would write instead; renews docs/performance.md.

``python -m tests.benchmarks`` builds the contestants, runs them in turn and prints the tables. Its
status is 1 where a figure is not reached. Without valgrind no instructions are counted, and the
page is left as it is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from local.cloud import stop_on_signals
from local.say import Trouble, step
from tests.benchmarks.builds import Contestant, Contestants, build
from tests.benchmarks.field import prepare, stubs
from tests.benchmarks.figures import Measured, figures
from tests.benchmarks.measure import (
    DELAY_MILLISECONDS,
    ROUNDS,
    Counted,
    Courses,
    Throughput,
    counted,
    courses,
    felt,
    throughput,
)
from tests.benchmarks.report import TIMELINE, lines, page
from tests.benchmarks.runtime import PROJECT, Runtime, runtime
from tests.benchmarks.timeline import Lane, drawn

DOCS = PROJECT / "docs"


def main() -> int:
    """Measure, print, and write the page."""
    stop_on_signals()
    began = time.monotonic()
    try:
        measured = _measured()
    except Trouble as trouble:
        sys.stderr.write(f"\n{trouble}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    print("", *lines(measured), sep="\n")
    _write(measured)
    print(f"\n  {time.monotonic() - began:.0f} s in all")
    return 0 if all(figure.reached for figure in figures(measured)) else 1


def _measured() -> Measured:
    with step("Install the runtime"):
        machine = runtime()
    with step("Build the contestants"):
        contestants = build(machine)
        zipped = {who.name: who.zipped() for who in _running(contestants)}
        uncompiled = contestants.ours.uncompiled()
        certificate = prepare(contestants)
    with stubs(certificate, 0) as served:
        instructions: Mapping[str, Counted] = {}
        if machine.valgrind:
            with step("Count instructions"):
                instructions = counted(
                    _running(contestants), contestants.nothing, served.addresses, machine
                )
        else:
            print("  No instructions are counted: valgrind is missing (apt install valgrind).")
        with step(f"Run all in turn, {ROUNDS} rounds"):
            medians = felt(_running(contestants), served.addresses, machine)
    followed, rate = _with_waits(contestants, certificate, machine)
    return Measured(medians, instructions, followed, rate, zipped, uncompiled)


def _with_waits(
    contestants: Contestants, certificate: Path, machine: Runtime
) -> tuple[Mapping[str, Courses], Throughput]:
    with stubs(certificate, DELAY_MILLISECONDS) as served:
        with step(f"Follow uploads with {DELAY_MILLISECONDS} ms a remote call"):
            followed = {who.name: courses(who, served, machine) for who in _running(contestants)}
        with step("One by one against batches of ten"):
            rate = throughput(contestants.ours, served, machine)
    return followed, rate


def _running(contestants: Contestants) -> list[Contestant]:
    listed = [getattr(contestants, field.name) for field in fields(contestants)]
    return [who for who in listed if who is not contestants.nothing]


def _write(measured: Measured) -> None:
    if not measured.counted:
        print("\n  docs/performance.md is left as it is: it wants the instructions.")
        return
    ours, tutorial = measured.courses["ours"], measured.courses["tutorial"]
    lanes = [
        Lane("Ours, cold", ours.cold),
        Lane("Ours, warm", ours.warm),
        Lane("(a) tutorial, warm", tutorial.warm),
    ]
    (DOCS / TIMELINE).write_text(drawn(lanes), encoding="utf-8")
    (DOCS / "performance.md").write_text(page(measured), encoding="utf-8")
    print("\n  docs/performance.md is written.")


if __name__ == "__main__":
    raise SystemExit(main())
