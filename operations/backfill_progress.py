"""Shows how far a backfill is: a bar on a terminal, and a line every few seconds elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from liveness.models import Outcome
from operations.backfill_feed import FeedProgress
from operations.console import console

LINE_SECONDS = 5.0


def show(steps: Iterable[FeedProgress], clock: Callable[[], float]) -> None:
    """Show the steps as they come, and the last one in any case."""
    if console().is_terminal:
        _show_bar(steps)
    else:
        _print_lines(steps, clock)


def line(progress: FeedProgress) -> str:
    """`1,200 of 2,000 decided (60%): 1,150 live, 40 not_live, 10 retake, 0 failed`."""
    done, total = progress.decided, progress.total
    share = f"{done / total:.0%}" if total else "100%"
    return f"{done:,} of {total:,} decided ({share}): {_outcomes(progress)}"


def _print_lines(steps: Iterable[FeedProgress], clock: Callable[[], float]) -> None:
    last, printed_at = None, clock()
    for last in steps:
        if clock() - printed_at >= LINE_SECONDS:
            print(f"  {line(last)}", flush=True)
            printed_at = clock()
    if last:
        print(f"  {line(last)}", flush=True)


def _show_bar(steps: Iterable[FeedProgress]) -> None:
    columns = (BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    text = TextColumn("{task.description}", markup=False)
    with Progress(*columns, text, console=console()) as bar:
        task = bar.add_task("", total=None)
        for step in steps:
            bar.update(task, completed=step.decided, total=step.total, description=_outcomes(step))


def _outcomes(progress: FeedProgress) -> str:
    return ", ".join(f"{progress.outcomes[each]:,} {each}" for each in Outcome)
