"""The template's alarms, and whether metrics breach them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.metrics import Metric, Metrics
from tests.metrics.metric_math import evaluate
from tests.metrics.template import ResolvedTemplate

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
}


@dataclass(frozen=True, slots=True)
class AlarmMetric:
    """One statistic of one metric, under the id that an expression uses."""

    id: str
    metric: Metric
    stat: str
    period: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """The metrics of an alarm, the expression of them that it watches, and its threshold."""

    name: str
    description: str
    metrics: Sequence[AlarmMetric]
    expression: str
    comparison: str
    threshold: float
    properties: Mapping[str, Any]

    def data_point(self, metrics: Metrics) -> float | None:
        """The value of the expression, over all samples; None where there are none."""
        values = {each.id: metrics.statistic(each.metric, each.stat) for each in self.metrics}
        return evaluate(self.expression, values)

    def is_breached(self, metrics: Metrics) -> bool:
        """Whether that data point is beyond the threshold."""
        point = self.data_point(metrics)
        return point is not None and _COMPARISONS[self.comparison](point, self.threshold)


def load_alarms(template: ResolvedTemplate) -> Mapping[str, Alarm]:
    """Every alarm of the template, by its logical id."""
    declared = template.resources("AWS::CloudWatch::Alarm")
    return {name: _alarm(properties) for name, properties in declared.items()}


def _alarm(properties: Mapping[str, Any]) -> Alarm:
    metrics = list(_alarm_metrics(properties))
    expressions = [each for each in properties.get("Metrics", []) if "Expression" in each]
    return Alarm(
        name=properties["AlarmName"],
        description=properties["AlarmDescription"],
        metrics=metrics,
        expression=expressions[0]["Expression"] if expressions else metrics[0].id,
        comparison=properties["ComparisonOperator"],
        threshold=float(properties["Threshold"]),
        properties=properties,
    )


def _alarm_metrics(properties: Mapping[str, Any]) -> Iterator[AlarmMetric]:
    if "Metrics" not in properties:
        stat = properties.get("Statistic") or properties["ExtendedStatistic"]
        yield AlarmMetric("metric", _metric(properties), stat, properties["Period"])
    for each in properties.get("Metrics", []):
        if "MetricStat" in each:
            stat = each["MetricStat"]
            yield AlarmMetric(each["Id"], _metric(stat["Metric"]), stat["Stat"], stat["Period"])


def _metric(properties: Mapping[str, Any]) -> Metric:
    dimensions = {each["Name"]: each["Value"] for each in properties["Dimensions"]}
    return Metric.of(properties["Namespace"], properties["MetricName"], dimensions)
