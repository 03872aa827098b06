"""What alarms and dashboard look at, gathered from a local cloud's log and queues."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from local.cloud import LocalCloud
from local.metrics import Metric, Metrics, Sample

# The engine counts invocations for callers that wait. Its log tells of all of them, as AWS's does.
_REPORT = re.compile(r"REPORT RequestId: \S+\tDuration: ([\d.]+) ms")
_FAILED = re.compile(r"\bExceptionGroup: uploads without an answer|Task timed out")
_DEPTHS = {
    "ApproximateNumberOfMessages": "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible": "ApproximateNumberOfMessagesNotVisible",
}
_QUEUES = ("RetryQueueUrl", "FailedUploadsQueueUrl")


def gathered(cloud: LocalCloud, since: float) -> Metrics:
    """The function's metrics and Lambda's, from a moment on in seconds since 1970."""
    metrics = Metrics()
    for at, text in _log(cloud, since):
        if text.startswith("{"):
            metrics.add_lines([json.loads(text)])
        elif report := _REPORT.match(text):
            metrics.add(_of_lambda(cloud, "Invocations"), Sample(at, 1))
            metrics.add(_of_lambda(cloud, "Duration"), Sample(at, float(report[1])))
        elif _FAILED.search(text):
            metrics.add(_of_lambda(cloud, "Errors"), Sample(at, 1))
    metrics.add(_of_lambda(cloud, "Throttles"), *_throttles(cloud, since))
    return metrics


def add_depths(metrics: Metrics, cloud: LocalCloud) -> None:
    """Keep how many messages the queues hold now, as SQS tells CloudWatch every minute."""
    sqs = cloud.engine.session.client("sqs", endpoint_url=cloud.engine.url)
    for url in (cloud.outputs[each] for each in _QUEUES):
        told: Mapping[Any, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
            "Attributes"
        ]
        for attribute, name in _DEPTHS.items():
            metric = Metric.of("AWS/SQS", name, {"QueueName": url.rpartition("/")[2]})
            metrics.add(metric, Sample(time.time(), float(told[attribute])))


def _of_lambda(cloud: LocalCloud, name: str) -> Metric:
    function = cloud.outputs["CheckLivenessFunctionName"]
    return Metric.of("AWS/Lambda", name, {"FunctionName": function})


def _log(cloud: LocalCloud, since: float) -> Iterator[tuple[float, str]]:
    logs = cloud.engine.session.client("logs", endpoint_url=cloud.engine.url)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{cloud.outputs['CheckLivenessFunctionName']}",
        startTime=int(since * 1000),
    )
    for page in pages:
        for event in page["events"]:
            yield event["timestamp"] / 1000, event["message"]


def _throttles(cloud: LocalCloud, since: float) -> Iterator[Sample]:
    cloudwatch: Any = cloud.engine.session.client("cloudwatch", endpoint_url=cloud.engine.url)
    begin = datetime.fromtimestamp(since, UTC)
    told = cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Throttles",
        Dimensions=[{"Name": "FunctionName", "Value": cloud.outputs["CheckLivenessFunctionName"]}],
        StartTime=begin,
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=1,
        Statistics=["Sum"],
    )
    for point in told["Datapoints"]:
        yield Sample(point["Timestamp"].timestamp(), point["Sum"])
