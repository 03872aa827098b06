"""Every metric that the function emits: its unit, and what it is told apart by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric


@dataclass(frozen=True, slots=True)
class Metric:
    """Its unit, and its sets of dimensions beside `service`, which every metric has."""

    unit: MetricUnit = MetricUnit.Count
    dimension_sets: tuple[tuple[str, ...], ...] = ((),)


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "Uploads": Metric(dimension_sets=(("outcome",),)),
        "Retakes": Metric(dimension_sets=(("reason",),)),
        "Faults": Metric(dimension_sets=(("reason",),)),
        "ServiceErrors": Metric(dimension_sets=(("kind",), ("kind", "code"))),
        "ServiceAttempts": Metric(),
        "ServiceLatency": Metric(MetricUnit.Milliseconds),
        "Judgements": Metric(),
        "UploadToAnnouncement": Metric(MetricUnit.Milliseconds),
        "ClaimsTakenOver": Metric(),
        "Duplicates": Metric(),
        "Deliveries": Metric(),
    }
)
"""docs/operating.md says what each counts; Powertools adds `ColdStart`."""


@dataclass(frozen=True, slots=True)
class Emitter:
    """Puts metrics into the log in CloudWatch's embedded metric format.

    Those without dimensions of their own go into one line for the whole invocation.
    """

    metrics: Metrics

    def add(self, name: str, value: float = 1, **dimensions: str) -> None:
        """Emit one value. Raises KeyError for a metric or a dimension that nobody declared."""
        metric = METRICS[name]
        for dimension_set in metric.dimension_sets:
            if not dimension_set:
                self.metrics.add_metric(name, metric.unit, value)
                continue
            with single_metric(name, metric.unit, value) as line:
                for dimension in dimension_set:
                    line.add_dimension(dimension, dimensions[dimension])
