"""What the function writes, captured: log records, and metrics among them."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from observability import InvocationObserver
from tests.unit.function.environment import NAMESPACE, SERVICE
from xray import XRayTrace


@dataclass
class CapturedLog:
    """Everything that is written within `with`, which ends as an invocation does.

    The X-Ray documents that are sent are in `segments`.
    """

    level: int = logging.INFO
    trace_header: str = ""
    out: io.StringIO = field(default_factory=io.StringIO)
    segments: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> InvocationObserver:
        self.metrics = Metrics()
        self._redirected = redirect_stdout(self.out)
        self._redirected.__enter__()
        # Powertools keeps the stream of the first logger of a name.
        logger = Logger(service=uuid.uuid4().hex, stream=self.out, level=self.level)
        trace = XRayTrace(self.trace_header, lambda sent: self.segments.append(json.loads(sent)))
        return InvocationObserver(logger, self.metrics, trace)

    def __exit__(self, *_: object) -> None:
        if self.metrics.metric_set:
            self.metrics.flush_metrics()
        self._redirected.__exit__(None, None, None)

    @property
    def records(self) -> list[Mapping[str, Any]]:
        """The log records, without the lines of metrics."""
        return [line for line in self._all() if "_aws" not in line]

    def values(self, name: str) -> list[tuple[dict[str, str], str, list[float]]]:
        """Dimensions without `service`, unit and values of each line that has the metric."""
        found = []
        for line in self._all():
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
                for metric in directive["Metrics"]:
                    if metric["Name"] == name:
                        assert directive["Namespace"] == NAMESPACE
                        (dimensions,) = directive["Dimensions"]
                        assert line["service"] == SERVICE
                        by = {each: line[each] for each in dimensions if each != "service"}
                        found.append((by, metric["Unit"], line[name]))
        return found

    def _all(self) -> Iterator[Mapping[str, Any]]:
        return map(json.loads, self.out.getvalue().splitlines())
