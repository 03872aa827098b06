"""The remote calls that the stubs logged: those of one invocation, and how many were sequential."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PUBLISH = "Publish"


@dataclass(frozen=True, slots=True)
class Call:
    """One remote call: monotonic seconds, and the bytes of the response's body.

    The client's port identifies the connection.
    """

    service: str
    operation: str
    client_port: int
    began: float
    ended: float
    body_bytes: int


def within(calls: Sequence[Call], began: float, ended: float) -> list[Call]:
    """Return the calls that began in an interval, in that order."""
    return sorted(
        (call for call in calls if began <= call.began <= ended), key=lambda call: call.began
    )


def until_published(calls: Sequence[Call]) -> list[Call]:
    """Return the calls that had ended when the verdict was published, that call included."""
    published = max(call.ended for call in calls if call.operation == PUBLISH)
    return [call for call in calls if call.ended <= published]


def waits_in_a_row(calls: Sequence[Call]) -> int:
    """Return the length of the longest chain in which each call began after the previous ended."""
    length = 0
    previous_ended = float("-inf")
    for call in sorted(calls, key=lambda call: call.ended):
        if call.began >= previous_ended:
            length += 1
            previous_ended = call.ended
    return length


def new_connections(calls: Sequence[Call], before: Sequence[Call]) -> int:
    """Return how many connections these calls opened that the calls before had not."""
    known = {call.client_port for call in before}
    return len({call.client_port for call in calls} - known)
