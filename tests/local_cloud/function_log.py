"""The function's log, read as an operator reads it: lines of JSON, metrics among them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.cloud import LocalCloud

_POLL_SECONDS = 0.2

type Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FunctionLog:
    """What the function wrote since this was made."""

    cloud: LocalCloud
    since: float = field(default_factory=time.time)

    def faults(self, of: str = "") -> Sequence[Line]:
        """Each time that an object, by the end of its name, got no answer."""
        return [
            line
            for line in self._lines()
            if line.get("message") == "no answer yet" and str(line.get("object", "")).endswith(of)
        ]

    def faults_once(
        self, of: str, holds: Callable[[Sequence[Line]], bool], *, within: float
    ) -> Sequence[Line]:
        """The same once it is as wanted; as it is when the time is up."""
        end = time.monotonic() + within
        while not holds(faults := self.faults(of)) and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return faults

    def of(self, upload_id: str) -> Sequence[Line]:
        """Every line about one upload."""
        return [line for line in self._lines() if line.get("upload_id") == upload_id]

    def messages(self) -> Sequence[str]:
        """What each line says."""
        return [str(line.get("message", "")) for line in self._lines()]

    def metrics(self, name: str, **dimensions: str) -> Sequence[Sequence[float]]:
        """The values of each line in CloudWatch's embedded metric format that has the metric."""
        return [
            line[name]
            for line in self._lines()
            for told in line.get("_aws", {}).get("CloudWatchMetrics", [])
            if told["Namespace"] == "SelfieLiveness"
            and name in {metric["Name"] for metric in told["Metrics"]}
            and any(set(dimensions) <= set(names) for names in told["Dimensions"])
            and all(line[dimension] == value for dimension, value in dimensions.items())
        ]

    def _lines(self) -> Iterator[Line]:
        logs = self.cloud.engine.session.client("logs", endpoint_url=self.cloud.engine.url)
        group = f"/aws/lambda/{self.cloud.outputs['CheckLivenessFunctionName']}"
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(self.since * 1000)
        )
        for page in pages:
            for event in page["events"]:
                if event["message"].startswith("{"):
                    yield json.loads(event["message"])
