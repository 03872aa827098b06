"""What the function writes, captured: lines of its log, and metrics among them."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from metrics import Emitter
from telling import Telling

SERVICE = "a-stack"
NAMESPACE = "SelfieLiveness"


@dataclass
class Told:
    """Everything that was told within `with`, which ends as an invocation does."""

    out: io.StringIO = field(default_factory=io.StringIO)

    def __enter__(self) -> Telling:
        self.metrics = Metrics()
        self._redirected = redirect_stdout(self.out)
        self._redirected.__enter__()
        # Powertools keeps the stream of the first logger of a name.
        logger = Logger(service=uuid.uuid4().hex, stream=self.out)
        return Telling(logger, Emitter(self.metrics))

    def __exit__(self, *_: object) -> None:
        if self.metrics.metric_set:
            self.metrics.flush_metrics()
        self._redirected.__exit__(None, None, None)

    @property
    def lines(self) -> list[Mapping[str, Any]]:
        return [line for line in self._all() if "_aws" not in line]

    def values(self, name: str) -> list[tuple[dict[str, str], str, list[float]]]:
        """Dimensions without `service`, unit and values of each line that has the metric."""
        found = []
        for line in self._all():
            for told in line.get("_aws", {}).get("CloudWatchMetrics", []):
                for metric in told["Metrics"]:
                    if metric["Name"] == name:
                        assert told["Namespace"] == NAMESPACE
                        (dimensions,) = told["Dimensions"]
                        assert line["service"] == SERVICE
                        by = {each: line[each] for each in dimensions if each != "service"}
                        found.append((by, metric["Unit"], line[name]))
        return found

    def _all(self) -> Iterator[Mapping[str, Any]]:
        return map(json.loads, self.out.getvalue().splitlines())
