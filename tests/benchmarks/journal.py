"""What the stubs saw of an invocation: its remote calls, and how many stood in a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.emulator import Invocation

ANNOUNCEMENT = "Publish"


@dataclass(frozen=True, slots=True)
class Call:
    """One remote call: moments in monotonic seconds, `sent` bytes of the answer's body.

    `connection` numbers the connections of a service, in the order in which they were opened.
    """

    service: str
    operation: str
    connection: int
    began: float
    ended: float
    sent: int


def calls(journal: Path) -> list[Call]:
    """All calls, in the order in which they began."""
    lines = journal.read_text(encoding="utf-8").splitlines()
    return sorted((Call(**json.loads(line)) for line in lines), key=lambda call: call.began)


def within(invocation: Invocation, calls: Sequence[Call]) -> list[Call]:
    """The calls of one invocation."""
    return [call for call in calls if invocation.began <= call.began <= invocation.ended]


def before_the_announcement(calls: Sequence[Call]) -> list[Call]:
    """Those that had to end before somebody was told, the telling included."""
    told = max(call.ended for call in calls if call.operation == ANNOUNCEMENT)
    return [call for call in calls if call.ended <= told]


def waits_in_a_row(calls: Sequence[Call]) -> int:
    """The longest chain of calls each of which began when the one before had ended."""
    chain = 0
    free_from = float("-inf")
    for call in sorted(calls, key=lambda call: call.ended):
        if call.began >= free_from:
            chain += 1
            free_from = call.ended
    return chain


def new_connections(calls: Sequence[Call], before: Sequence[Call]) -> int:
    """How many connections these calls opened that the calls before had not."""
    known = {(call.service, call.connection) for call in before}
    return len({(call.service, call.connection) for call in calls} - known)
