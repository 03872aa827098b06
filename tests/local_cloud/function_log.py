"""The function's log, read as an operator reads it: records in JSON, metrics among them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.cloud import LocalCloud

_POLL_SECONDS = 0.2

type LogRecord = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FunctionLog:
    """What the function logged since this was created."""

    cloud: LocalCloud
    since: float = field(default_factory=time.time)

    def errors(self, object_suffix: str = "") -> Sequence[LogRecord]:
        """The records "no verdict yet" of objects whose names have this suffix."""
        return [
            record
            for record in self._records()
            if record.get("message") == "no verdict yet"
            and str(record.get("object", "")).endswith(object_suffix)
        ]

    def wait_for_errors(
        self, object_suffix: str, condition: Callable[[Sequence[LogRecord]], bool], *, within: float
    ) -> Sequence[LogRecord]:
        """The same once the condition holds, or as it is after `within` seconds."""
        end = time.monotonic() + within
        while not condition(errors := self.errors(object_suffix)) and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return errors

    def records_of(self, upload_id: str) -> Sequence[LogRecord]:
        """Every record about one upload."""
        return [record for record in self._records() if record.get("upload_id") == upload_id]

    def messages(self) -> Sequence[str]:
        """The message of each record."""
        return [str(record.get("message", "")) for record in self._records()]

    def metrics(self, name: str, **dimensions: str) -> Sequence[Sequence[float]]:
        """The values of each record in CloudWatch's embedded metric format with this metric."""
        return [
            record[name]
            for record in self._records()
            for directive in record.get("_aws", {}).get("CloudWatchMetrics", [])
            if directive["Namespace"] == "SelfieLiveness"
            and name in {metric["Name"] for metric in directive["Metrics"]}
            and any(set(dimensions) <= set(names) for names in directive["Dimensions"])
            and all(record[dimension] == value for dimension, value in dimensions.items())
        ]

    def _records(self) -> Iterator[LogRecord]:
        group = f"/aws/lambda/{self.cloud.outputs['CheckLivenessFunctionName']}"
        pages = (
            self.cloud.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=group, startTime=int(self.since * 1000))
        )
        for page in pages:
            for event in page["events"]:
                if event["message"].startswith("{"):
                    yield json.loads(event["message"])
