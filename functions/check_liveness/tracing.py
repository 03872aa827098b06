"""X-Ray subsegments, told to the daemon that Lambda runs beside the function.

X-Ray's SDK would cost each start a tenth of its instructions, and each upload a tenth of its own.
"""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_HEADER = b'{"format":"json","version":1}\n'


class Daemon:
    """Where `AWS_XRAY_DAEMON_ADDRESS` points; without one, nothing is told."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        host, _, port = environment.get("AWS_XRAY_DAEMON_ADDRESS", "").rpartition(":")
        self._address = (host, int(port)) if host and port.isdigit() else None
        self._socket: socket.socket | None = None

    def tell(self, document: bytes) -> None:
        """Send one document. An upload is worth more than its trace: failures are ignored."""
        if self._address is None:
            return
        with suppress(OSError):
            if self._socket is None:
                self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            self._socket.sendto(_HEADER + document, self._address)


@dataclass(frozen=True, slots=True)
class Subsegment:
    """A piece of work that is told of when it ends."""

    id: str
    annotations: dict[str, str] = field(default_factory=dict)


class Trace:
    """One invocation's trace, from Lambda's `_X_AMZN_TRACE_ID`; told of where it is sampled.

    Safe for several threads: who is within whom is said, not guessed from the thread.
    """

    def __init__(self, header: str, tell: Callable[[bytes], None]) -> None:
        told = dict(part.partition("=")[::2] for part in header.split(";"))
        self._trace_id = told.get("Root", "")
        self._invocation = told.get("Parent", "")
        self._is_sampled = told.get("Sampled") == "1"
        self._tell = tell

    @contextmanager
    def subsegment(self, name: str, within: Subsegment | None = None) -> Iterator[Subsegment]:
        """Tell how long the block took, and whether it raised; of what it raised, nothing."""
        subsegment = Subsegment(secrets.token_hex(8))
        began, fault = time.time(), True
        try:
            yield subsegment
            fault = False
        finally:
            if self._is_sampled:
                document = {
                    "type": "subsegment",
                    "name": name,
                    "id": subsegment.id,
                    "trace_id": self._trace_id,
                    "parent_id": within.id if within else self._invocation,
                    "start_time": began,
                    "end_time": time.time(),
                    "fault": fault,
                    "annotations": subsegment.annotations,
                }
                self._tell(json.dumps(document).encode())
