"""docs/cost.md: every sum is right, and its numbers are those that are measured and deployed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.template import FilledTemplate
from metrics import METRICS
from tests.cost_page import (
    COMMAND,
    DETECT_LIVE_FACE_CNY,
    PAGE,
    PRICES,
    measured,
    memory_mb,
    per_upload_beside_lambda,
    series,
    tables,
)
from tests.sums import value
from tests.template.test_alarms import DASHBOARD

SUMS = re.findall(
    r"^\|.* \| (\d[\d.]* \N{MULTIPLICATION SIGN} [^|]+) \| ([\d.]+) \|$",
    PAGE.path.read_text(),
    re.MULTILINE,
)


@pytest.mark.parametrize("name", [*tables()])
def test_the_page_is_generated_from_what_is_measured_and_deployed(name: str) -> None:
    assert PAGE.section(name) == tables()[name], f"run `{COMMAND}`"


@pytest.mark.parametrize(("sum_", "result"), SUMS)
def test_every_sum_of_the_page_is_right(sum_: str, result: str) -> None:
    decimals = len(result.partition(".")[2])

    assert f"{value(sum_):.{decimals}f}" == result


def test_there_are_sums() -> None:
    assert len(SUMS) > 20


@pytest.fixture
def expressions() -> dict[str, str]:
    """What the dashboard computes of today's cost, by id."""
    (cost,) = (
        each["properties"]
        for each in DASHBOARD["widgets"]
        if each["properties"].get("view") == "singleValue"
    )
    options: list[dict[str, Any]] = [each[-1] for each in cost["metrics"]]
    return {each["id"]: each["expression"] for each in options if "expression" in each}


def test_the_dashboard_computes_by_the_prices_of_the_page(expressions: dict[str, str]) -> None:
    price = {name: each.usd for name, each in PRICES.items()}

    assert expressions["service_cny"] == f"{DETECT_LIVE_FACE_CNY} * judgements"
    assert expressions["aws_usd"] == (
        f"{price['Lambda, requests']} * invocations"
        f" + {price['Lambda, arm64']} * {memory_mb() / 1024:g} * duration / 1000"
        f" + {per_upload_beside_lambda():.7f} * deliveries"
    )


def test_the_function_has_the_architecture_that_is_paid_for() -> None:
    function = FilledTemplate.read().resources("AWS::Serverless::Function")["CheckLivenessFunction"]

    assert function["Architectures"] == ["arm64"]


def test_the_memory_holds_a_batch_of_ten_that_is_sent_inline() -> None:
    megabytes = 3.75
    copies = megabytes * (1 + 4 / 3 + 4 / 3)

    assert measured("peak memory, MB") + 10 * copies < memory_mb() / 2


def test_every_metric_of_the_function_is_among_the_series_that_are_paid_for() -> None:
    counted = dict(series())

    assert counted.pop("with no dimension but `service`") == sum(
        () in metric.dimension_sets for metric in METRICS.values()
    )
    assert {name.split("`")[1] for name in counted} == {"ColdStart"} | {
        name for name, metric in METRICS.items() if () not in metric.dimension_sets
    }


def test_what_the_page_says_of_other_memory_sizes_in_words_is_what_it_computes() -> None:
    rows = re.findall(
        r"^\| \**(\d+)\** \| (\d+) \| .* \| ([\d.]+) \|$", tables()["memory"], re.MULTILINE
    )
    computing = {int(memory): int(milliseconds) for memory, milliseconds, _ in rows}
    usd = {int(memory): float(price) for memory, _, price in rows}

    assert memory_mb() == 512
    assert f"{usd[512] - usd[256]:.3f}" == "0.002", "a fifth of a cent a thousand"
    assert f"{usd[1024] / usd[512]:.0f}" == "2", "twice the price of an invocation"
    assert computing[512] - computing[1024] < 20, "less than twenty milliseconds"
