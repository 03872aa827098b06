"""Things that are made when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Lock


def once[*Asked, Made](make: Callable[[*Asked], Made]) -> Callable[[*Asked], Made]:
    """Make each thing one time, and one after the other: threads that come together wait.

    What fails to be made is tried again when it is next asked for.
    """
    made, one_at_a_time = cache(make), Lock()

    def asked(*what: *Asked) -> Made:
        with one_at_a_time:
            return made(*what)

    return asked
