"""The function's log records: one for each attempt to process an upload."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from operations.stack import Stack

NO_VERDICT = "no verdict yet"
_MESSAGES = ("upload processed", NO_VERDICT)
_ATTEMPTS = " || ".join(f'$.message = "{message}"' for message in _MESSAGES)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One attempt: when it was logged, the record's text, and its fields."""

    at: datetime
    text: str
    fields: Mapping[str, Any]

    @property
    def reason(self) -> str:
        """The reason of a `retake`, of a `failed` or of a missing verdict; else empty."""
        return str(self.fields.get("reason", ""))

    @property
    def code(self) -> str:
        """The last error code of the service or of AWS; empty where there was none."""
        attempts = self.fields.get("detection_attempts", [])
        if codes := [attempt["code"] for attempt in attempts if "code" in attempt]:
            return str(codes[-1])
        error = self.fields.get("error", "") if self.reason == "storage_fault" else ""
        return str(error or self.fields.get("error_code", ""))


class LogGroup:
    """The log group that the template creates for the stack's function."""

    def __init__(self, stack: Stack) -> None:
        self._logs = stack.session.client("logs")
        self._name = f"/aws/lambda/{stack.output('CheckLivenessFunctionName')}"

    def attempts(self, since: datetime, **fields: str) -> Iterator[LogRecord]:
        """Yield the attempts since a moment, oldest first; only those with the given fields."""
        terms = [f'$.{name} = "{value}"' for name, value in fields.items()]
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._name,
            startTime=int(since.timestamp() * 1000),
            filterPattern=f"{{ {' && '.join(terms) or _ATTEMPTS} }}",
        )
        for event in (event for page in pages for event in page["events"]):
            record = _parse(event["message"])
            # Filtered once more, because the local emulator ignores patterns.
            if record.get("message") in _MESSAGES and fields.items() <= record.items():
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                yield LogRecord(at, event["message"].strip(), record)


def _parse(text: str) -> Mapping[str, Any]:
    """Parse a record; {} for the lines of Lambda itself."""
    try:
        fields = json.loads(text)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
