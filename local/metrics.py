"""Metrics as CloudWatch extracts them from logs and queues, which the emulator does not do."""

import json
import math
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any, NamedTuple, Self

from local.cloud import LocalCloud

# The emulator counts only synchronous invocations. Its log has all of them, as on AWS.
_REPORT = re.compile(r"REPORT RequestId: \S+\tDuration: ([\d.]+) ms")
_ERROR = re.compile(r"\bExceptionGroup: |Task timed out")
_QUEUE_DEPTHS = {
    "ApproximateNumberOfMessages": "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
}

_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Average": fmean,
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
}


class Sample(NamedTuple):
    """One value and its time, in seconds since 1970."""

    at: float
    value: float


class Metric(NamedTuple):
    """One series: with other dimensions a metric is another one, as in CloudWatch."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Self:
        """A metric with the dimensions of a mapping."""
        return cls(namespace, name, frozenset(dimensions.items()))

    def dimension(self, name: str) -> str:
        """The value of one dimension. Raises KeyError."""
        return dict(self.dimensions)[name]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Samples by metric."""

    samples: dict[Metric, list[Sample]] = field(default_factory=lambda: defaultdict(list))

    def add(self, metric: Metric, *samples: Sample) -> None:
        self.samples[metric].extend(samples)

    def add_log_record(self, record: Mapping[str, Any]) -> None:
        """Add the samples of a record in embedded metric format; others have none."""
        metadata = record.get("_aws", {})
        for directive in metadata.get("CloudWatchMetrics", []):
            for names in directive["Dimensions"]:
                dimensions = {name: str(record[name]) for name in names}
                for name in (each["Name"] for each in directive["Metrics"]):
                    metric = Metric.of(directive["Namespace"], name, dimensions)
                    values = record[name] if isinstance(record[name], list) else [record[name]]
                    at = metadata["Timestamp"] / 1000
                    self.add(metric, *(Sample(at, value) for value in values))

    def find(self, namespace: str, name: str, dimension_names: Iterable[str]) -> Sequence[Metric]:
        """The metrics of one name that have exactly these dimensions, with any values."""
        wanted = (namespace, name, set(dimension_names))
        found = (
            metric
            for metric in self.samples
            if (metric.namespace, metric.name, set(dict(metric.dimensions))) == wanted
        )
        return sorted(found, key=lambda metric: sorted(metric.dimensions))

    def statistic(
        self, metric: Metric, stat: str, since: float = -math.inf, until: float = math.inf
    ) -> float | None:
        """A statistic of the samples in a time range; None where there are none."""
        values = [each.value for each in self.samples.get(metric, []) if since <= each.at < until]
        return statistic(values, stat) if values else None


def statistic(values: Sequence[float], stat: str) -> float:
    """Sum, Average, Maximum, Minimum, SampleCount, or a percentile such as p95."""
    if stat in _STATISTICS:
        return _STATISTICS[stat](values)
    rank = math.ceil(float(stat.removeprefix("p")) / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]


def collect_metrics(
    cloud: LocalCloud, since: float, output: str = "CheckLivenessFunctionName"
) -> Metrics:
    """A function's and Lambda's metrics from a moment on, in seconds since 1970.

    `output` is the stack's output that names the function.
    """
    metrics = Metrics()
    function = cloud.outputs[output]
    invocations, duration, errors, throttles = (
        Metric.of("AWS/Lambda", name, {"FunctionName": function})
        for name in ("Invocations", "Duration", "Errors", "Throttles")
    )
    pages = cloud.client("logs").get_paginator("filter_log_events")
    group = f"/aws/lambda/{function}"
    for page in pages.paginate(logGroupName=group, startTime=int(since * 1000)):
        for event in page["events"]:
            at, text = event["timestamp"] / 1000, event["message"]
            if text.startswith("{"):
                metrics.add_log_record(json.loads(text))
            elif report := _REPORT.match(text):
                metrics.add(invocations, Sample(at, 1))
                metrics.add(duration, Sample(at, float(report[1])))
            elif _ERROR.search(text):
                metrics.add(errors, Sample(at, 1))
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace=throttles.namespace,
        MetricName=throttles.name,
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=datetime.fromtimestamp(since, UTC),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=1,
        Statistics=["Sum"],
    )["Datapoints"]
    metrics.add(throttles, *(Sample(each["Timestamp"].timestamp(), each["Sum"]) for each in points))
    return metrics


def add_queue_depths(metrics: Metrics, cloud: LocalCloud) -> None:
    """Add the present depths of the queues, which SQS reports to CloudWatch every minute."""
    sqs = cloud.client("sqs")
    for url in (cloud.outputs["RetryQueueUrl"], cloud.outputs["FailedUploadsQueueUrl"]):
        response = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        for attribute, name in _QUEUE_DEPTHS.items():
            metric = Metric.of("AWS/SQS", name, {"QueueName": url.rpartition("/")[2]})
            metrics.add(metric, Sample(time.time(), float(response["Attributes"][attribute])))
