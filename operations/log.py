"""The function's log, as the commands read it: a line for each try of each upload."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

CHECKED = "upload checked"
NO_ANSWER = "no answer yet"

_OF_UPLOADS = f'{{ $.message = "{CHECKED}" || $.message = "{NO_ANSWER}" }}'
_WITHOUT_ANSWER = f'{{ $.message = "{NO_ANSWER}" }}'


@dataclass(frozen=True, slots=True)
class Line:
    """One try of one upload: when it was told, the line as it is, and what it says."""

    at: datetime
    text: str
    fields: Mapping[str, Any]

    @property
    def is_answer(self) -> bool:
        """Whether the upload has its answer by this line."""
        return bool(self.fields["message"] == CHECKED)

    @property
    def reason(self) -> str:
        """Why there is no answer, or why the picture must be taken again; else nothing."""
        return str(self.fields.get("reason", ""))

    @property
    def code(self) -> str:
        """What the failing side answered last, if it said anything."""
        codes = [each["code"] for each in self.fields.get("attempts", []) if "code" in each]
        if codes:
            return str(codes[-1])
        if self.reason == "storage_fault":
            return str(self.fields.get("error", ""))
        return str(self.fields.get("error_code", ""))


@dataclass(frozen=True, slots=True)
class Log:
    """One function's log group."""

    logs: CloudWatchLogsClient
    group: str

    @classmethod
    def of(cls, logs: CloudWatchLogsClient, function_name: str) -> Log:
        """The group that the template makes for a function."""
        return cls(logs, f"/aws/lambda/{function_name}")

    def lines(self, since: datetime, upload_id: str = "") -> Iterator[Line]:
        """Tries from a moment on, oldest first; of one upload only, where its id is given."""
        wanted = f'{{ $.upload_id = "{upload_id}" }}' if upload_id else _OF_UPLOADS
        for line in self._lines(since, wanted):
            if not upload_id or line.fields.get("upload_id") == upload_id:
                yield line

    def without_answer(self, since: datetime) -> Sequence[Line]:
        """Tries that brought no answer."""
        return [line for line in self._lines(since, _WITHOUT_ANSWER) if not line.is_answer]

    def _lines(self, since: datetime, wanted: str) -> Iterator[Line]:
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=self.group,
            startTime=int(since.timestamp() * 1000),
            filterPattern=wanted,
        )
        for page in pages:
            for event in page["events"]:
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                fields = _fields(event["message"])
                # The local engine takes patterns and does not look at them.
                if fields.get("message") in {CHECKED, NO_ANSWER}:
                    yield Line(at, event["message"].strip(), fields)


def _fields(text: str) -> Mapping[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        fields = json.loads(text)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
