"""docs/capacity.md: every sum is right, and its numbers are those of the code and the template."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from liveness.aws.sqs import RetrySchedule
from liveness.check import LEASE_OUTLASTS_DEADLINE_BY
from liveness.tencent.bounded import CONNECT_WITHIN
from liveness.tencent.retries import FIRST_PAUSE, MOST_ATTEMPTS
from tests.sums import value
from tests.template.transformed import PROJECT, Template

PAGE = (PROJECT / "docs" / "capacity.md").read_text()
FUNCTION = PROJECT / "functions" / "check_liveness"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|\n").split("|")]


def tables() -> Iterator[tuple[list[str], list[list[str]]]]:
    """Head and rows of each table of the page."""
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        head, _, *rows = table.splitlines()
        yield cells(head), [cells(row) for row in rows]


# What is said of a thing: the cell that follows its name, or its sum.
SAID = {row[0]: row[1] for head, rows in tables() if head[1] == "is" for row in rows}
SUMS = {(row[0], row[-2]): row[-1] for head, rows in tables() if "sum" in head for row in rows}
SECONDS = {row[0]: float(row[2]) for head, rows in tables() if "seconds" in head for row in rows}


@pytest.mark.parametrize(("sum_", "result"), [(key[1], told) for key, told in SUMS.items()])
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
    kept: float

    @property
    def request(self) -> float:
        """One request; before the second attempt botocore's standard mode pauses 2^0 s at most."""
        assert self.attempts == 2
        return self.attempts * (self.connect + self.read) + 1

    @property
    def asking_ends(self) -> float:
        return self.timeout - self.kept


def constant(name: str) -> float:
    """A constant of app.py, which cannot be imported without its environment."""
    for node in ast.parse((FUNCTION / "app.py").read_text()).body:
        match node:
            case ast.Assign([ast.Name(id=found)], ast.Constant(float(number))) if found == name:
                return number
    raise LookupError(name)


@pytest.fixture(scope="module")
def composition() -> dict[str, Any]:
    return runpy.run_path(str(FUNCTION / "composition.py"))


@pytest.fixture
def function(template: Template) -> Any:
    ((_, function),) = template.resources("AWS::Lambda::Function")
    return function


@pytest.fixture
def budget(function: Any, composition: dict[str, Any]) -> Budget:
    quick = composition["QUICK"]
    assert quick.retries["mode"] == "standard"
    return Budget(
        quick.connect_timeout,
        quick.read_timeout,
        quick.retries["total_max_attempts"],
        function["Timeout"],
        constant("KEPT_FOR_RECORDING"),
    )


def test_the_limits_of_the_page_are_those_of_the_code_and_the_template(
    template: Template, function: Any, composition: dict[str, Any], budget: Budget
) -> None:
    ((_, mapping),) = template.resources("AWS::Lambda::EventSourceMapping")
    parameters = template.body["Parameters"]
    queues = dict(template.resources("AWS::SQS::Queue"))
    limits = {
        "attempts of one call in an invocation": MOST_ATTEMPTS,
        "messages of RetryQueue in one invocation, all at once": composition["CONCURRENCY"],
        "invocations on RetryQueue at a time": parameters["RetryConcurrency"]["Default"],
        "invocations at a time, uploads and retries together": (
            parameters["ReservedConcurrency"]["Default"]
        ),
        "tries from RetryQueue": function["Environment"]["Variables"]["RETRY_TRIES"],
        "receives before a message falls into FailedUploads": (
            queues["RetryQueue"]["RedrivePolicy"]["maxReceiveCount"]
        ),
        "seconds an invocation may take": function["Timeout"],
        "seconds of it kept for what follows asking": budget.kept,
        "seconds to connect": budget.connect,
        "seconds to wait for an answer": budget.read,
        "attempts": budget.attempts,
    }

    assert {name: float(SAID[name]) for name in limits} == {
        name: float(limit) for name, limit in limits.items()
    }
    assert mapping["BatchSize"] == composition["CONCURRENCY"]


def test_the_schedule_of_the_page_is_that_of_the_template(
    template: Template, function: Any
) -> None:
    parameters = template.body["Parameters"]
    schedule = RetrySchedule(
        int(function["Environment"]["Variables"]["RETRY_TRIES"]),
        timedelta(seconds=parameters["RetryFirstDelaySeconds"]["Default"]),
        timedelta(seconds=parameters["RetryLongestDelaySeconds"]["Default"]),
    )
    (told,) = (
        rows[0][1:] for head, rows in tables() if head[0] == "after the try" and len(rows) == 1
    )
    waits = [schedule.delay_after(n).total_seconds() for n in range(1, schedule.tries)]
    queues = dict(template.resources("AWS::SQS::Queue"))

    assert [float(seconds) for seconds in told] == waits
    sums = {name: value(sum_) for name, sum_ in SUMS}
    assert sums["seconds from the first try to the last"] == sum(waits)
    memory = {name: queue["MessageRetentionPeriod"] / 86400 for name, queue in queues.items()}
    assert sums["days that a message may be in RetryQueue"] == memory["RetryQueue"]
    assert sums["days that it may be in both queues together"] == memory["FailedUploads"]


def test_the_time_of_an_invocation_is_what_the_requests_add_up_to(budget: Budget) -> None:
    request, reading = budget.request, budget.request + budget.read
    begun, far_back = reading, 2 * reading

    assert list(SECONDS.values()) == [
        request,
        reading,
        request + reading + request,
        request + reading + request + far_back,
        budget.asking_ends,
        5 * request,
        begun + request,
        begun + 6 * request,
        8 * request,
        request + reading + request + far_back + 6 * request,
    ]


def test_all_of_it_fits_with_room_to_record_the_failure(budget: Budget) -> None:
    _, _, before, before_far_back, asking_ends, *afterwards, longest = SECONDS.values()

    assert before + 1 < asking_ends
    assert max(afterwards) < budget.kept
    assert max(longest, asking_ends + max(afterwards)) < budget.timeout
    assert longest >= before_far_back


def test_a_lease_lasts_until_what_follows_asking_is_recorded(budget: Budget) -> None:
    claimed_again_and_recorded = timedelta(seconds=2 * budget.request)

    assert claimed_again_and_recorded < LEASE_OUTLASTS_DEADLINE_BY


def test_what_the_page_says_in_words_is_what_it_computes(
    template: Template, budget: Budget
) -> None:
    queues = dict(template.resources("AWS::SQS::Queue"))
    *_, asking_ends, answered, unanswered, given_up, kept_nowhere, longest = SECONDS.values()
    page = " ".join(PAGE.split())
    afterwards = max(answered, unanswered, given_up, kept_nowhere)

    for said in (
        f"up to {FIRST_PAUSE:g} s and {2 * FIRST_PAUSE:g} s by chance",
        f"a connection {CONNECT_WITHIN:g} s of it",
        f"N × {asking_ends:g} are at work",  # noqa: RUF001 - as the page has it
        f"asking ends in second {asking_ends:g}",
        f"takes at most {afterwards:g} of the {budget.kept:g} s",
        f"takes {longest:g} of {budget.timeout:g} s",
        f"A lease ends {LEASE_OUTLASTS_DEADLINE_BY.total_seconds():g} s after asking",
        f"recording takes {budget.request:g} of these",
        f"itself again after {queues['RetryQueue']['VisibilityTimeout']} s",
    ):
        assert said in page, said
