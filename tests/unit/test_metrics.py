"""Metrics of log records, and metric math, as CloudWatch has them."""

from __future__ import annotations

import pytest

from local.metrics import Metric, Metrics, Sample, statistic
from tests.metrics.metric_math import evaluate, metric_ids

LATENCY = Metric.of("SelfieLiveness", "DetectionLatency", {"service": "ours"})
ERRORS = Metric.of("SelfieLiveness", "DetectionErrors", {"service": "ours", "kind": "throttle"})
RECORD = {
    "_aws": {
        "Timestamp": 1_700_000_000_500,
        "CloudWatchMetrics": [
            {
                "Namespace": "SelfieLiveness",
                "Dimensions": [["service"], ["service", "kind"]],
                "Metrics": [
                    {"Name": "DetectionLatency", "Unit": "Milliseconds"},
                    {"Name": "DetectionErrors", "Unit": "Count"},
                ],
            }
        ],
    },
    "service": "ours",
    "kind": "throttle",
    "DetectionLatency": [120.5, 80.0],
    "DetectionErrors": 1,
}


def test_a_record_has_a_sample_per_value_and_dimension_set() -> None:
    metrics = Metrics()

    metrics.add_log_record(RECORD)
    metrics.add_log_record({"message": "upload processed"})

    at = 1_700_000_000.5
    assert metrics.samples[LATENCY] == [Sample(at, 120.5), Sample(at, 80.0)]
    assert metrics.samples[ERRORS] == [Sample(at, 1)]
    assert len(metrics.samples) == 4


def test_metrics_are_found_by_exactly_their_dimensions() -> None:
    metrics = Metrics()
    metrics.add_log_record(RECORD)

    assert metrics.find("SelfieLiveness", "DetectionErrors", ["kind", "service"]) == [ERRORS]
    assert metrics.find("SelfieLiveness", "DetectionErrors", ["kind"]) == []


def test_a_statistic_of_a_time_range_is_none_without_samples() -> None:
    metrics = Metrics()
    metrics.add(LATENCY, Sample(10, 1), Sample(20, 2), Sample(30, 4))

    assert metrics.statistic(LATENCY, "Sum", 10, 30) == 3
    assert metrics.statistic(LATENCY, "Sum", 31) is None
    assert metrics.statistic(ERRORS, "Sum") is None


@pytest.mark.parametrize(
    ("stat", "value"),
    [
        ("Sum", 210),
        ("Average", 10.5),
        ("Maximum", 20),
        ("Minimum", 1),
        ("SampleCount", 20),
        ("p50", 10),
        ("p95", 19),
        ("p100", 20),
    ],
)
def test_statistics(stat: str, value: float) -> None:
    assert statistic([float(number) for number in range(20, 0, -1)], stat) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a + b", 5),
        ("a * (b - 1) / 4", 1),
        ("IF(a >= 2, 100, 0)", 100),
        ("IF(a > 2, 100, 0)", 0),
        ("gone + 1", None),
        ("IF(gone >= 1, 1, 0)", None),
        ("FILL(gone, 0) + a", 2),
        ("a / zero", None),
    ],
)
def test_metric_math(expression: str, value: float | None) -> None:
    assert evaluate(expression, {"a": 2, "b": 3, "zero": 0, "gone": None}) == value


@pytest.mark.parametrize("expression", ["SUM(METRICS())", "a ** 2", "a if b else 0"])
def test_unsupported_metric_math_raises(expression: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        evaluate(expression, {"a": 2, "b": 3})


def test_the_metric_ids_of_an_expression_exclude_its_functions() -> None:
    assert metric_ids("IF(errors >= 3, 100 * errors / FILL(invocations, 0), 0)") == {
        "errors",
        "invocations",
    }
