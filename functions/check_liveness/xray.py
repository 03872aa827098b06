"""X-Ray subsegments, sent to the daemon that Lambda runs beside the function.

Ours while the X-Ray SDK is being retired: its documents are five fields of JSON over UDP
(https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html).
"""

import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

_HEADER = b'{"format":"json","version":1}\n'


class XRayDaemon:
    """The daemon at `AWS_XRAY_DAEMON_ADDRESS`; without an address, nothing is sent."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        host, _, port = environment.get("AWS_XRAY_DAEMON_ADDRESS", "").rpartition(":")
        self._address = (host, int(port)) if host and port.isdigit() else None
        self._socket: socket.socket | None = None

    def send(self, document: bytes) -> None:
        """Send one document. An upload is worth more than its trace: failures are ignored."""
        if self._address is None:
            return
        with suppress(OSError):
            if self._socket is None:
                self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            self._socket.sendto(_HEADER + document, self._address)


class Subsegment:
    """A piece of work that is sent when it ends."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.annotations: dict[str, str] = {}


class XRayTrace:
    """The trace of one invocation, from Lambda's `_X_AMZN_TRACE_ID`; sent where it is sampled.

    Safe for threads: the parent of a subsegment is given, not guessed from the thread.
    """

    def __init__(self, header: str, send: Callable[[bytes], None]) -> None:
        fields = dict(part.partition("=")[::2] for part in header.split(";"))
        self._trace_id = fields.get("Root", "")
        self._invocation = fields.get("Parent", "")
        self._is_sampled = fields.get("Sampled") == "1"
        self._send = send

    @contextmanager
    def subsegment(self, name: str, parent: Subsegment | None = None) -> Iterator[Subsegment]:
        """Send how long the block took, and whether it raised; nothing of the exception."""
        subsegment = Subsegment()
        started, fault = time.time(), True
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
                    "parent_id": parent.id if parent else self._invocation,
                    "start_time": started,
                    "end_time": time.time(),
                    "fault": fault,
                    "annotations": subsegment.annotations,
                }
                self._send(json.dumps(document).encode())
