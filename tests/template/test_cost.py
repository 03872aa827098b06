"""Every sum of docs/cost.md is right, and its numbers are those measured and deployed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from benchmarks.measurements import measured, memory_mb
from observability import METRICS
from operations.prices import BACKFILL_AWS_USD, DETECTION_CNY
from tests.cost_page import (
    COMMAND,
    PAGE,
    backfill,
    per_upload_beside_lambda,
    seconds,
    series,
    tables,
    usd,
)
from tests.metrics.template import ResolvedTemplate
from tests.prices import DETECT_LIVE_FACE_CNY, PRICES
from tests.sums import value
from tests.template.test_alarms import DASHBOARD, UPLOAD_API_METRICS
from tests.upload_api_cost import POLLS, SERIES, another_second

SUMS = re.findall(
    r"^\|.* \| (\d[\d.]* \N{MULTIPLICATION SIGN} [^|]+) \| ([\d.]+) \|$",
    PAGE.path.read_text(),
    re.MULTILINE,
)


@pytest.mark.parametrize("name", [*tables()])
def test_every_table_of_the_page_is_up_to_date(name: str) -> None:
    assert PAGE.section(name) == tables()[name], f"run `{COMMAND}`"


@pytest.mark.parametrize(("sum_", "result"), SUMS)
def test_every_sum_of_the_page_is_right(sum_: str, result: str) -> None:
    decimals = len(result.partition(".")[2])

    assert f"{value(sum_):.{decimals}f}" == result


def test_the_page_has_sums() -> None:
    assert len(SUMS) > 20


@pytest.fixture
def expressions() -> dict[str, str]:
    """The expressions of the dashboard's widget of today's cost, by id."""
    (cost,) = (
        each["properties"]
        for each in DASHBOARD["widgets"]
        if each["properties"].get("view") == "singleValue"
    )
    options: list[dict[str, Any]] = [each[-1] for each in cost["metrics"]]
    return {each["id"]: each["expression"] for each in options if "expression" in each}


def test_the_dashboard_has_the_prices_of_the_page(expressions: dict[str, str]) -> None:
    price = {name: each.usd for name, each in PRICES.items()}

    assert expressions["service_cny"] == f"{DETECT_LIVE_FACE_CNY} * detections"
    assert expressions["aws_usd"] == (
        f"{price['Lambda, requests']} * invocations"
        f" + {price['Lambda, arm64']} * {memory_mb() / 1024:g} * duration / 1000"
        f" + {per_upload_beside_lambda():.7f} * deliveries"
    )


def test_a_backfill_is_announced_at_the_prices_of_the_page() -> None:
    assert float(DETECT_LIVE_FACE_CNY) == DETECTION_CNY
    assert f"{usd(backfill()) / 1000:.7f}" == f"{BACKFILL_AWS_USD:.7f}"


def test_the_function_has_the_architecture_of_the_price() -> None:
    function = ResolvedTemplate.load().resources("AWS::Serverless::Function")[
        "CheckLivenessFunction"
    ]

    assert function["Architectures"] == ["arm64"]


def test_a_batch_of_ten_inline_images_fits_half_of_the_memory() -> None:
    megabytes = 3.75
    copies = megabytes * (1 + 4 / 3 + 4 / 3)

    assert measured("peak memory, MB") + 10 * copies < memory_mb() / 2


# Sent by no stack with one bucket, outside a backfill; docs/cost.md names them.
OPTIONAL = {"BackfilledUploads", "UploadsByBucket"}


def test_the_counted_series_are_those_of_the_functions_metrics() -> None:
    counted = dict(series())

    assert counted.pop("with no dimension but `service`") == sum(
        () in metric.dimension_sets for metric in METRICS.values()
    )
    with_dimensions = {name for name, each in METRICS.items() if () not in each.dimension_sets}
    assert {name.split("`")[1] for name in counted} == {"ColdStart"} | with_dimensions - OPTIONAL


def test_the_counted_series_of_the_api_are_those_of_its_functions_metrics() -> None:
    assert {name.strip("`") for name in SERIES} == {"ColdStart", *UPLOAD_API_METRICS}


def test_the_text_about_the_api_has_the_computed_numbers() -> None:
    text = " ".join(PAGE.path.read_text().split())

    assert f"finds it after {POLLS[-1]:g} s" in text
    assert f"costs another {value(another_second().thousand):.3f} USD per thousand" in text
    # A verdict that a warm invocation reaches is there by then.
    in_a_row = int(measured("… in a row until published"))
    assert seconds(in_a_row, measured("CPU of a warm upload, ms"), memory_mb()) < POLLS[-1]


def test_the_text_about_other_memory_sizes_has_the_computed_numbers() -> None:
    rows = re.findall(
        r"^\| \**(\d+)\** \| .* \| 1000 \N{MULTIPLICATION SIGN} [\d.]+ \N{MULTIPLICATION SIGN} "
        r"([\d.]+) .* \| ([\d.]+) \|$",
        tables()["memory"],
        re.MULTILINE,
    )
    seconds = {int(memory): float(each) for memory, each, _ in rows}
    usd = {int(memory): float(price) for memory, _, price in rows}
    text = " ".join(PAGE.path.read_text().split())

    assert memory_mb() == 512
    assert f"256 MB saves {usd[512] - usd[256]:.3f} USD per thousand uploads" in text
    assert round(usd[1024] / usd[512]) == 2, "about twice as much"
    assert seconds[1024] > 0.9 * seconds[512], "shorter by less than a tenth"
