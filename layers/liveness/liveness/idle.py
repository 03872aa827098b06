"""Connections that wait to be used again, and none that the other side has closed meanwhile."""

from __future__ import annotations

import select
import weakref
from collections import defaultdict
from collections.abc import Hashable, Mapping
from http.client import HTTPConnection
from typing import Any


class Idle[Kind: HTTPConnection]:
    """Connections by where they lead. Safe for several threads: who takes one has it alone."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[Kind]] = defaultdict(list)
        # As urllib3's pools do: whoever forgets them leaves no connection open.
        weakref.finalize(self, _close_all, self._waiting)

    def put(self, place: Hashable, connection: Kind) -> None:
        """Let a connection wait whose last answer was read to its end."""
        self._waiting[place].append(connection)

    def take(self, place: Hashable) -> Kind | None:
        """Take the one that was used last, if any is there that still stands."""
        waiting = self._waiting[place]
        while waiting:
            # Another thread may be faster.
            try:
                connection = waiting.pop()
            except IndexError:
                break
            if not _is_readable(connection):
                return connection
            # The other side has closed it, perhaps while Lambda had the sandbox frozen.
            connection.close()
        return None

    def close(self) -> None:
        """Close all that wait."""
        _close_all(self._waiting)


def _close_all(waiting: Mapping[Hashable, list[Any]]) -> None:
    for connections in waiting.values():
        while connections:
            connections.pop().close()


def _is_readable(connection: HTTPConnection) -> bool:
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
