"""The function's process killed between any two of its steps, by SIGKILL, from outside.

The engine takes a process that dies as AWS does: an asynchronous invocation has failed, and its
event goes to RetryQueue; a batch of the queue comes back when its visibility timeout has passed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

import pytest

from tests.faults.harm import Harm, Rule
from tests.faults.sent import Sent, names
from tests.faults.stage import Stage, not_waiting, wait_until
from tests.faults.step import Step
from tests.faults.tally import Tally
from tests.local_cloud.queues import unnoticed

# A lease lasts 20 s longer. Nine tries in 36 s outlast it, as those of an hour outlast the real
# one; and so does what a killed batch waits.
ASKING = 5
FIRST_DELAY, LONGEST_DELAY = 2, 5
VISIBILITY = 30
WITHIN_SECONDS = 150.0
KILLED_WITHIN_SECONDS = 60.0
EACH = 3

POINTS: Mapping[str, tuple[Harm, Step]] = {
    f"{when} {step}": (harm, step)
    # The secret first: only a fresh process fetches it.
    for step in (
        *(Step.SECRET, Step.CLAIM, Step.LOOK, Step.ASK),
        *(Step.RECORD, Step.ANNOUNCE, Step.MARK),
    )
    for when, harm in (("before", Harm.KILLS_BEFORE), ("after", Harm.KILLS_AFTER))
}
QUEUE_POINTS = ("after claim", "after ask", "after record", "after announce", "after mark")
# The service had answered, and the table did not hold it yet.
BETWEEN_ANSWER_AND_WRITE = {"after ask", "before record"}


@pytest.fixture(scope="module")
def killed(stage: Stage) -> Mapping[str, Tally]:
    """What came of uploads by where their function was killed, and how it had got them."""
    with stage.set(
        harmed=True,
        first_delay=FIRST_DELAY,
        longest_delay=LONGEST_DELAY,
        asking=ASKING,
        visibility=VISIBILITY,
    ):
        since = time.monotonic()
        sent = {f"{point}, from the queue": from_queue(stage, point) for point in QUEUE_POINTS}
        sent |= {point: from_bucket(stage, point) for point in POINTS}
        stage.settle([each for uploads in sent.values() for each in uploads], within=WITHIN_SECONDS)
        seconds = time.monotonic() - since
        return {
            name: stage.tally(f"killed {name}", uploads, seconds) for name, uploads in sent.items()
        }


def from_bucket(stage: Stage, point: str) -> list[Sent]:
    """Upload, and kill each upload's function at its first go."""
    folder = f"killed/{point}"
    rule = kill_at(point, folder)
    stage.rules.set(rule)
    sent = stage.upload(names(folder, EACH), and_then=not_waiting)
    wait_until_killed(stage, EACH, point)
    return sent


def from_queue(stage: Stage, point: str) -> list[Sent]:
    """Send one upload through the queue, alone in its batch, and kill its function."""
    folder = f"killed/{point}, from the queue"
    stage.rules.set(kill_at(point, folder))
    with unnoticed(stage.cloud):
        (sent,) = stage.upload(names(folder, 1), and_then=not_waiting)
    stage.function.send(json.dumps(sent.event()))
    wait_until_killed(stage, 1, point)
    return [sent]


def kill_at(point: str, folder: str) -> Rule:
    harm, step = POINTS[point]
    if step is Step.SECRET:
        # Its request names no upload.
        return Rule(harm, frozenset({step}), times=EACH)
    return Rule(harm, frozenset({step}), f"*/{folder}/*", times=1)


def wait_until_killed(stage: Stage, times: int, point: str) -> None:
    wait_until(
        lambda: stage.rules.done.total() == times,
        within=KILLED_WITHIN_SECONDS,
        what=f"{times} killed {point}",
    )


@pytest.mark.parametrize("point", [*POINTS, *(f"{each}, from the queue" for each in QUEUE_POINTS)])
def test_a_killed_function_leaves_an_upload_that_ends_with_one_row_and_is_announced(
    killed: Mapping[str, Tally], point: str
) -> None:
    tally = killed[point]

    assert tally.rows == tally.ids == len(tally.endings)
    assert (tally.wrong, tally.lost) == (0, 0)
    assert set(tally.outcomes) <= {"live", "not_live"}


@pytest.mark.parametrize("point", [*POINTS, *(f"{each}, from the queue" for each in QUEUE_POINTS)])
def test_a_call_is_paid_twice_only_where_its_answer_was_not_written_yet(
    killed: Mapping[str, Tally], point: str
) -> None:
    twice = point.partition(",")[0] in BETWEEN_ANSWER_AND_WRITE

    assert {ending.billed for ending in killed[point].endings} == {2 if twice else 1}
