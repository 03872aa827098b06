"""The template's alarms, judged here where the engine does not compute."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.metric_math import compute
from local.metrics import Metric, Metrics
from local.template import FilledTemplate

_BREACHES: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Watched:
    """One statistic of one series, under the id by which an expression names it."""

    id: str
    metric: Metric
    stat: str
    period: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """What an alarm looks at, and from where on it goes off."""

    name: str
    description: str
    watched: Sequence[Watched]
    expression: str
    comparison: str
    threshold: float
    properties: Mapping[str, Any]

    def data_point(self, metrics: Metrics) -> float | None:
        """What it looks at, over all of the samples at once; None where there are none."""
        values = {each.id: metrics.statistic(each.metric, each.stat) for each in self.watched}
        return compute(self.expression, values)

    def breached_by(self, metrics: Metrics) -> bool:
        """Whether that data point is one of those that set the alarm off."""
        point = self.data_point(metrics)
        return point is not None and _BREACHES[self.comparison](point, self.threshold)


def alarms(template: FilledTemplate) -> Mapping[str, Alarm]:
    """Every alarm of the template, by the name of its resource."""
    declared = template.resources("AWS::CloudWatch::Alarm")
    return {name: _alarm(properties) for name, properties in declared.items()}


def _alarm(properties: Mapping[str, Any]) -> Alarm:
    watched = list(_watched(properties))
    expressions = [each for each in properties.get("Metrics", []) if "Expression" in each]
    return Alarm(
        name=properties["AlarmName"],
        description=properties["AlarmDescription"],
        watched=watched,
        expression=expressions[0]["Expression"] if expressions else watched[0].id,
        comparison=properties["ComparisonOperator"],
        threshold=float(properties["Threshold"]),
        properties=properties,
    )


def _watched(properties: Mapping[str, Any]) -> Iterator[Watched]:
    if "Metrics" not in properties:
        stat = properties.get("Statistic") or properties["ExtendedStatistic"]
        yield Watched("watched", _metric(properties), stat, properties["Period"])
    for each in properties.get("Metrics", []):
        if "MetricStat" in each:
            of = each["MetricStat"]
            yield Watched(each["Id"], _metric(of["Metric"]), of["Stat"], of["Period"])


def _metric(told: Mapping[str, Any]) -> Metric:
    dimensions = {each["Name"]: each["Value"] for each in told["Dimensions"]}
    return Metric.of(told["Namespace"], told["MetricName"], dimensions)
