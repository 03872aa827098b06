"""Metrics as CloudWatch would hold them: it makes them of log lines, and the engine does not."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

type Dimensions = frozenset[tuple[str, str]]
type Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Metric:
    """One series: a metric is another one with other dimensions, as CloudWatch counts them."""

    namespace: str
    name: str
    dimensions: Dimensions

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
        """The same from a mapping."""
        return cls(namespace, name, frozenset(dimensions.items()))

    def dimension(self, name: str) -> str:
        """The value of one dimension. Raises KeyError."""
        return dict(self.dimensions)[name]


@dataclass(frozen=True, slots=True)
class Sample:
    """One value and when it was, in seconds since 1970."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """Samples by series."""

    samples: dict[Metric, list[Sample]] = field(default_factory=lambda: defaultdict(list))

    def add(self, metric: Metric, *samples: Sample) -> None:
        """Keep further samples of a series."""
        self.samples[metric].extend(samples)

    def add_lines(self, lines: Iterable[Line]) -> None:
        """Keep what lines in CloudWatch's embedded metric format hold; other lines hold nothing."""
        for line in lines:
            about = line.get("_aws", {})
            for directive in about.get("CloudWatchMetrics", []):
                for names in directive["Dimensions"]:
                    dimensions = {name: str(line[name]) for name in names}
                    for declared in directive["Metrics"]:
                        metric = Metric.of(directive["Namespace"], declared["Name"], dimensions)
                        at = about["Timestamp"] / 1000
                        self.add(metric, *(Sample(at, each) for each in _values(line, declared)))

    def named(self, namespace: str, name: str, dimension_names: Iterable[str]) -> Sequence[Metric]:
        """The series of one name that have exactly these dimensions, whatever their values."""
        wanted = set(dimension_names)
        return sorted(
            (
                metric
                for metric in self.samples
                if (metric.namespace, metric.name) == (namespace, name)
                and {dimension for dimension, _ in metric.dimensions} == wanted
            ),
            key=lambda metric: sorted(metric.dimensions),
        )

    def statistic(
        self, metric: Metric, stat: str, since: float = -math.inf, until: float = math.inf
    ) -> float | None:
        """What a statistic is of the samples in a span of time; None where there are none."""
        values = [each.value for each in self.samples.get(metric, []) if since <= each.at < until]
        return statistic(values, stat) if values else None


def _values(line: Line, declared: Mapping[str, Any]) -> Sequence[float]:
    held = line[declared["Name"]]
    return held if isinstance(held, list) else [held]


def statistic(values: Sequence[float], stat: str) -> float:
    """Sum, Average, Maximum, Minimum, SampleCount, or a percentile such as p95."""
    match stat:
        case "Sum":
            return sum(values)
        case "Average":
            return sum(values) / len(values)
        case "Maximum":
            return max(values)
        case "Minimum":
            return min(values)
        case "SampleCount":
            return len(values)
    rank = math.ceil(float(stat.removeprefix("p")) / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]
