"""Alarms and dashboard look at metrics that there are, and every alarm is explained."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from types import MappingProxyType
from typing import Any

import pytest

from liveness.errors import LivenessError
from liveness.model import Outcome
from local.alarms import Alarm, Watched, alarms
from local.dashboard import SEARCH, metric_at
from local.metric_math import compute, ids
from local.metrics import Metric
from local.stack import STACK_NAME
from local.template import FilledTemplate
from metrics import METRICS
from tests.template.transformed import PROJECT, Template

OPERATING = (PROJECT / "docs" / "operating.md").read_text()
NAMESPACE = "SelfieLiveness"

# "Available CloudWatch metrics for Amazon SQS", "Types of metrics for Lambda functions": the
# dimension of each, and the statistics that say something of it.
PROVIDED: Mapping[tuple[str, str], tuple[str, set[str]]] = MappingProxyType(
    {
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"): ("QueueName", {"Maximum"}),
        ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible"): ("QueueName", {"Maximum"}),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ("QueueName", {"Maximum"}),
        ("AWS/Lambda", "AsyncEventsDropped"): ("FunctionName", {"Sum"}),
        ("AWS/Lambda", "DestinationDeliveryFailures"): ("FunctionName", {"Sum"}),
        ("AWS/Lambda", "Duration"): ("FunctionName", {"Sum", "p95"}),
        ("AWS/Lambda", "Errors"): ("FunctionName", {"Sum"}),
        ("AWS/Lambda", "Invocations"): ("FunctionName", {"Sum"}),
        ("AWS/Lambda", "Throttles"): ("FunctionName", {"Sum"}),
    }
)
SENSIBLE: Mapping[str, set[str]] = MappingProxyType(
    {"Count": {"Sum"}, "Milliseconds": {"p50", "p95"}}
)
DAY = 24 * 3600
WIDTH, MOST_WIDGETS = 24, 12

FILLED = FilledTemplate.read()
ALARMS = alarms(FILLED)
DASHBOARD: Mapping[str, Any] = json.loads(
    FILLED.resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]
)


def wrong_with(metric: Metric, stat: str) -> str:
    """What keeps a statistic of a series from ever having a value; nothing where it is right."""
    names = {name for name, _ in metric.dimensions}
    if metric.namespace != NAMESPACE:
        dimension, stats = PROVIDED.get((metric.namespace, metric.name), ("", set()))
        named = {STACK_NAME + end for end in ("-retry", "-failed", "-check-liveness")}
        right = names == {dimension} and metric.dimension(dimension) in named and stat in stats
        return "" if right else f"AWS provides no {stat} of {metric}"
    if metric.name not in METRICS:
        return f"the function emits no {metric.name}"
    emitted = METRICS[metric.name]
    if names not in [{"service", *of} for of in emitted.dimension_sets]:
        return f"{metric.name} has no dimensions {names}"
    if metric.dimension("service") != STACK_NAME:
        return f"{metric.name} is asked of another service"
    return "" if stat in SENSIBLE[emitted.unit.value] else f"{stat} of {emitted.unit.value}"


def errors_of(error: type[LivenessError]) -> Iterator[type[LivenessError]]:
    yield error
    for kind in error.__subclasses__():
        yield from errors_of(kind)


def unknown_values(metric: Metric) -> set[tuple[str, str]]:
    """Values of dimensions that the code does not know."""
    known = {
        "outcome": {outcome.value for outcome in Outcome},
        "kind": {kind for error in errors_of(LivenessError) if (kind := vars(error).get("kind"))},
        "reason": set(re.findall(r"^\| `(\w+)` \|", MESSAGES, re.MULTILINE)),
        "code": set(re.findall(r"^\| `([\w.]+)` \|", CODES, re.MULTILINE)),
    }
    return {
        (name, value)
        for name, value in metric.dimensions
        if name in known and value not in known[name]
    }


MESSAGES = (PROJECT / "docs" / "messages.md").read_text()
CODES = (PROJECT / "docs" / "error-codes.md").read_text()


def everything_watched() -> Iterator[tuple[str, Watched]]:
    for name, alarm in ALARMS.items():
        for watched in alarm.watched:
            yield name, watched


@pytest.mark.parametrize(("alarm", "watched"), list(everything_watched()))
def test_what_an_alarm_looks_at_is_emitted_or_provided(alarm: str, watched: Watched) -> None:
    assert wrong_with(watched.metric, watched.stat) == ""
    assert unknown_values(watched.metric) == set()


@pytest.mark.parametrize(
    ("name", "dimensions", "stat"),
    [
        ("Fault", {"service": STACK_NAME, "reason": "leased"}, "Sum"),
        ("Faults", {"service": STACK_NAME}, "Sum"),
        ("Faults", {"service": STACK_NAME, "reason": "leased"}, "Average"),
        ("Faults", {"service": "check_liveness", "reason": "leased"}, "Sum"),
        ("UploadToAnnouncement", {"service": STACK_NAME}, "Sum"),
    ],
)
def test_a_series_that_never_has_a_value_would_be_found(
    name: str, dimensions: dict[str, str], stat: str
) -> None:
    assert wrong_with(Metric.of(NAMESPACE, name, dimensions), stat)


@pytest.mark.parametrize("alarm", [*ALARMS.values()], ids=[*ALARMS])
def test_an_alarm_computes_from_what_it_looks_at_and_from_nothing_else(alarm: Alarm) -> None:
    assert ids(alarm.expression) == {each.id for each in alarm.watched}
    # Where nothing happens, nothing is computed, or nothing that sets it off.
    nothing = compute(alarm.expression, dict.fromkeys(ids(alarm.expression)))
    assert nothing is None or nothing < alarm.threshold


@pytest.mark.parametrize("alarm", [*ALARMS.values()], ids=[*ALARMS])
def test_an_alarm_says_what_missing_data_means_and_keeps_to_cloudwatchs_limits(
    alarm: Alarm,
) -> None:
    properties = alarm.properties
    (period,) = {each.period for each in alarm.watched}

    assert properties["TreatMissingData"] in {"notBreaching", "ignore"}
    assert properties["DatapointsToAlarm"] <= properties["EvaluationPeriods"]
    assert period * properties["EvaluationPeriods"] <= DAY
    assert alarm.name.startswith(f"{STACK_NAME}-")  # what may publish to AlarmsTopic
    assert len(alarm.description) <= 1024


def test_every_alarm_tells_by_mail_where_somebody_is_to_be_told(template: Template) -> None:
    told = {"Fn::If": ["TellsByMail", [{"Ref": "AlarmsTopic"}], {"Ref": "AWS::NoValue"}]}

    for _, alarm in template.resources("AWS::CloudWatch::Alarm"):
        assert (alarm["AlarmActions"], alarm["OKActions"]) == (told, told)


def test_only_what_computes_is_left_out_of_the_local_cloud(template: Template) -> None:
    for name, resource in template.body["Resources"].items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            computes = "Metrics" in resource["Properties"]
            assert resource.get("Condition") == ("ComputesAlarms" if computes else None), name


def entry(alarm: Alarm) -> str:
    """What docs/operating.md says of an alarm, by the anchor in its description."""
    _, _, anchor = alarm.description.rpartition(" - docs/operating.md#")
    for heading, text in re.findall(r"^### (.+)\n((?:(?!^##).*\n)*)", OPERATING, re.MULTILINE):
        if re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") == anchor:
            return str(text)
    pytest.fail(f"{alarm.name}: docs/operating.md has no #{anchor}")


@pytest.mark.parametrize("alarm", [*ALARMS.values()], ids=[*ALARMS])
def test_an_alarm_leads_to_what_it_means_what_to_look_at_and_what_to_do(alarm: Alarm) -> None:
    explained = entry(alarm)

    for part in ("**It means:**", "**Look at**", "**Do:**"):
        assert explained.count(part) == 1
    assert re.search(r"^```\nfilter .+\n```$", explained, re.MULTILINE), "no query"


def test_no_entry_is_for_an_alarm_that_is_no_more() -> None:
    assert len({entry(alarm) for alarm in ALARMS.values()}) == len(ALARMS)
    assert OPERATING.count("\n### Alarm: ") == len(ALARMS)


def test_a_query_asks_for_fields_that_lines_have_or_that_it_made_itself() -> None:
    log = OPERATING[OPERATING.index("| line | when | fields |") :]
    fields = set(re.findall(r"`(\w+)`", log[: log.index("\n\n")])) | {"message", "steps"}
    for query in re.findall(r"^```\n(filter .+)\n```$", OPERATING, re.MULTILINE):
        made = set(re.findall(r"(?: as |, |\?<)(\w+)(?=,| \||>| by |$)", query))
        words = re.sub(r'"[^"]*"|/(?:\\/|[^/])+/', "", query)
        asked = set(re.findall(r"(?<![@\w.])([a-z_]+)(?=[ ,)]|\.\w| =|$)", words))
        assert asked - made - fields - WORDS == set(), query


# Words of the query language.
WORDS = frozenset(
    {
        "and",
        "as",
        "asc",
        "by",
        "desc",
        "display",
        "filter",
        "in",
        "like",
        "not",
        "parse",
        "sort",
        "stats",
    }
)


def widgets(kind: str) -> list[Mapping[str, Any]]:
    return [each for each in DASHBOARD["widgets"] if each["type"] == kind]


def graphed() -> Iterator[tuple[str, Metric, str]]:
    """Title, series and statistic of everything on the dashboard, searches included."""
    for properties in (each["properties"] for each in widgets("metric")):
        for *path, last in properties["metrics"]:
            options = last if isinstance(last, dict) else {}
            if path:
                yield (
                    properties["title"],
                    metric_at(path),
                    options.get("stat") or properties["stat"],
                )
            elif search := SEARCH.fullmatch(options["expression"]):
                dimensions = dict.fromkeys(search["names"].split(","), "")
                dimensions["service"] = search["service"]
                metric = Metric.of(search["namespace"], search["name"], dimensions)
                yield properties["title"], metric, search["stat"]


@pytest.mark.parametrize(("title", "metric", "stat"), list(graphed()))
def test_what_the_dashboard_shows_is_emitted_or_provided(
    title: str, metric: Metric, stat: str
) -> None:
    assert wrong_with(metric, stat) == ""


def test_an_expression_of_the_dashboard_names_ids_of_its_widget() -> None:
    computed = 0
    for properties in (each["properties"] for each in widgets("metric")):
        options = [each[-1] for each in properties["metrics"] if isinstance(each[-1], dict)]
        there = {each["id"] for each in options if "id" in each}
        for expression in (each["expression"] for each in options if "expression" in each):
            if not expression.startswith("SEARCH("):
                computed += 1
                assert ids(expression) <= there, expression
            else:
                assert SEARCH.fullmatch(expression), expression

    assert computed


def test_the_dashboard_is_small_enough_to_be_read_at_a_glance() -> None:
    assert len(DASHBOARD["widgets"]) <= MOST_WIDGETS
    for widget in DASHBOARD["widgets"]:
        assert widget["x"] + widget["width"] <= WIDTH
    for one, other in combinations(DASHBOARD["widgets"], 2):
        beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        below = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        assert beside or below


def test_the_dashboard_answers_its_questions_in_their_order() -> None:
    asked = [int(each["properties"]["title"][0]) for each in widgets("metric")]

    assert asked == sorted(asked)
    assert set(asked) == {1, 2, 3, 4, 5}


def test_the_dashboard_shows_every_alarm() -> None:
    (shown,) = widgets("alarm")

    assert {arn.rpartition(":")[2] for arn in shown["properties"]["alarms"]} == {
        alarm.name for alarm in ALARMS.values()
    }


def test_operating_lists_every_metric_with_its_dimensions_and_unit() -> None:
    table = OPERATING[OPERATING.index("\n## Metrics\n") :]
    listed = {}
    for name, dimensions, unit in re.findall(
        r"^\| `(\w+)` \|(.*?)\| (\w+) \|", table, re.MULTILINE
    ):
        sets = {frozenset(re.findall(r"`(\w+)`", each)) for each in dimensions.split(";")}
        listed[name] = (sets, unit)

    assert listed == {
        name: ({frozenset(each) for each in metric.dimension_sets}, metric.unit.value)
        for name, metric in METRICS.items()
    } | {"ColdStart": ({frozenset({"function_name"})}, "Count")}


def test_the_picture_shows_the_dashboard_as_it_is() -> None:
    picture = html.unescape((PROJECT / "docs" / "dashboard.svg").read_text())
    labels = [
        each[-1]["label"]
        for widget in widgets("metric")
        for each in widget["properties"]["metrics"]
        if each[-1].get("label") and each[-1].get("visible", True)
    ]

    for text in (*(each["properties"]["title"] for each in widgets("metric")), *labels):
        assert f">{text}<" in picture, "run `python -m local.dashboard`"
    for alarm in ALARMS.values():
        assert f">{alarm.name.removeprefix(f'{STACK_NAME}-')}<" in picture
