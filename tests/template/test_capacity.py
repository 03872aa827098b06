"""Every sum of docs/capacity.md is right, and its numbers are those of code and template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from liveness.aws.session import CLIENT_CONFIG, MAX_POOL_CONNECTIONS
from liveness.backoff import WITHIN_AN_INVOCATION, Backoff, RetrySchedule
from liveness.process_upload import LEASE_MARGIN, RESERVED_AFTER_DETECTION
from liveness.tencent.http import CONNECT_TIMEOUT
from liveness.tencent.retry import MAX_ATTEMPTS
from tests.sums import value
from tests.template.transformed import PROJECT, Template
from upload_api.routes import LONGEST_WAIT

PAGE = (PROJECT / "docs" / "capacity.md").read_text()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|\n").split("|")]


def tables() -> Iterator[tuple[list[str], list[list[str]]]]:
    """Head and rows of each table of the page."""
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        head, _, *rows = table.splitlines()
        yield cells(head), [cells(row) for row in rows]


# By what a row is about: its value, its sum and result, or its seconds.
VALUES = {row[0]: row[1] for head, rows in tables() if head[1] == "is" for row in rows}
SUMS = {(row[0], row[-2]): row[-1] for head, rows in tables() if "sum" in head for row in rows}
SECONDS = {row[0]: float(row[2]) for head, rows in tables() if "seconds" in head for row in rows}


@pytest.mark.parametrize(("sum_", "result"), [(sum_, result) for (_, sum_), result in SUMS.items()])
def test_every_sum_of_the_page_is_right(sum_: str, result: str) -> None:
    decimals = len(result.partition(".")[2])

    assert f"{value(sum_):.{decimals}f}" == result


@dataclass(frozen=True, slots=True)
class Budget:
    """What bounds an invocation, from the code and the template; seconds."""

    connect: float
    read: float
    attempts: int
    timeout: float
    reserved: float

    @property
    def request(self) -> float:
        """One request; before its second attempt botocore's standard mode waits 2^0 s at most."""
        assert self.attempts == 2
        return self.attempts * (self.connect + self.read) + 1

    @property
    def deadline(self) -> float:
        return self.timeout - self.reserved


@pytest.fixture
def function(template: Template) -> Any:
    return dict(template.resources("AWS::Lambda::Function"))["CheckLivenessFunction"]


@pytest.fixture
def budget(function: Any) -> Budget:
    config: Any = CLIENT_CONFIG
    assert config.retries["mode"] == "standard"
    return Budget(
        config.connect_timeout,
        config.read_timeout,
        config.retries["total_max_attempts"],
        function["Timeout"],
        RESERVED_AFTER_DETECTION.total_seconds(),
    )


def test_the_limits_of_the_page_are_those_of_the_code_and_the_template(
    template: Template, function: Any, budget: Budget
) -> None:
    ((_, mapping),) = template.resources("AWS::Lambda::EventSourceMapping")
    parameters = template.body["Parameters"]
    queues = dict(template.resources("AWS::SQS::Queue"))
    limits = {
        "attempts per call in an invocation": MAX_ATTEMPTS,
        "messages of RetryQueue per invocation, processed in parallel": MAX_POOL_CONNECTIONS,
        "concurrent invocations that consume RetryQueue": parameters["RetryConcurrency"]["Default"],
        "concurrent invocations, for uploads and retries together": (
            parameters["ReservedConcurrency"]["Default"]
        ),
        "attempts from RetryQueue": function["Environment"]["Variables"]["RETRY_MAX_ATTEMPTS"],
        "receives before SQS itself moves a message to FailedUploads": (
            queues["RetryQueue"]["RedrivePolicy"]["maxReceiveCount"]
        ),
        "seconds per invocation": function["Timeout"],
        "seconds of it reserved for what follows the detection": budget.reserved,
        "seconds to connect": budget.connect,
        "seconds to wait for a response": budget.read,
        "attempts": budget.attempts,
    }

    assert {name: float(VALUES[name]) for name in limits} == {
        name: float(limit) for name, limit in limits.items()
    }
    assert mapping["BatchSize"] == MAX_POOL_CONNECTIONS


def test_the_schedule_of_the_page_is_that_of_the_template(
    template: Template, function: Any
) -> None:
    parameters = template.body["Parameters"]
    schedule = RetrySchedule(
        int(function["Environment"]["Variables"]["RETRY_MAX_ATTEMPTS"]),
        Backoff(
            timedelta(seconds=parameters["RetryFirstDelaySeconds"]["Default"]),
            timedelta(seconds=parameters["RetryLongestDelaySeconds"]["Default"]),
        ),
    )
    (written,) = (
        rows[0][1:] for head, rows in tables() if head[0] == "after attempt" and len(rows) == 1
    )
    delays = [
        schedule.backoff.delay(attempts).total_seconds()
        for attempts in range(1, schedule.max_attempts)
    ]
    queues = dict(template.resources("AWS::SQS::Queue"))

    assert [float(seconds) for seconds in written] == delays
    sums = {name: value(sum_) for name, sum_ in SUMS}
    assert sums["seconds from the first attempt to the ninth"] == sum(delays)
    longest = schedule.duration - timedelta(seconds=1)
    assert sums["seconds after which an attempt is final"] == 2 * sum(delays)
    assert not schedule.attempt(schedule.max_attempts, 2 * longest).is_final
    assert schedule.attempt(schedule.max_attempts, 2 * schedule.duration).is_final
    days = {name: queue["MessageRetentionPeriod"] / 86400 for name, queue in queues.items()}
    assert sums["days that a message may be in RetryQueue"] == days["RetryQueue"]
    assert sums["days that a message may be in FailedUploads"] == days["FailedUploads"]


def test_the_time_of_an_invocation_is_what_the_requests_add_up_to(budget: Budget) -> None:
    request, reading = budget.request, budget.request + budget.read
    until_call = max(request, reading) + request
    reuse = 2 * request
    far_behind = until_call + 2 * reading
    without_detection = max(2 * request, reading) + request
    final_attempt = 6 * request
    failing = max(2 * request, reading) + final_attempt

    assert list(SECONDS.values()) == [
        request,
        reading,
        reuse,
        until_call,
        far_behind,
        budget.deadline,
        reuse + 6 * request,
        without_detection,
        failing,
        reuse + 4 * request,
        far_behind + request + final_attempt,
        budget.deadline + failing,
    ]


def test_the_worst_cases_fit_the_timeout_and_the_reserved_time(budget: Budget) -> None:
    _, _, _, until_call, _, deadline, *after_deadline, without_call, longest = SECONDS.values()

    assert until_call + 1 < deadline
    assert max(after_deadline) < budget.reserved
    assert longest == deadline + max(after_deadline)
    assert max(longest, without_call) < budget.timeout


def test_a_lease_outlives_the_invocation_that_acquired_it(budget: Budget) -> None:
    assert budget.deadline + LEASE_MARGIN.total_seconds() > budget.timeout


def test_the_most_that_phones_can_wait_is_that_of_the_throttling(template: Template) -> None:
    ((_, stage),) = template.resources("AWS::ApiGatewayV2::Stage")
    rate = stage["DefaultRouteSettings"]["ThrottlingRateLimit"]
    (most,) = (sum_ for about, sum_ in SUMS if about.startswith("the most that the throttling"))

    assert value(most) == rate * LONGEST_WAIT
    assert f"lets {rate} requests a second through" in " ".join(PAGE.split())


def test_the_text_of_the_page_has_the_computed_numbers(template: Template, budget: Budget) -> None:
    queues = dict(template.resources("AWS::SQS::Queue"))
    _, _, _, until_call, _, deadline, *after_deadline, _, longest = SECONDS.values()
    first, second = (WITHIN_AN_INVOCATION.seconds(attempts) for attempts in (1, 2))
    lease = LEASE_MARGIN.total_seconds()
    page = " ".join(PAGE.split())

    for text in (
        f"random delays of up to {first:g} s and {second:g} s",
        f"{CONNECT_TIMEOUT:g} s of that for a connection",
        f"the concurrency is N × {deadline:g}",  # noqa: RUF001 - as the page has it
        f"{deadline - until_call:g} s are left for the call at the deadline in second {deadline:g}",
        f"takes at most {max(after_deadline):g} of the {budget.reserved:g} s",
        f"takes {longest:g} of {budget.timeout:g} s",
        f"A lease ends {lease:g} s after the deadline, and so {lease - budget.reserved:g} s after",
        f"visible again after {queues['RetryQueue']['VisibilityTimeout']} s",
    ):
        assert text in page, text
