"""Alarms and dashboard use metrics that exist, and docs/operating.md explains every alarm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from types import MappingProxyType
from typing import Any

import pytest

from liveness.errors import LivenessError
from liveness.models import Outcome
from local.dashboard import SEARCH, metric_from_path, texts_in
from local.metrics import Metric
from local.sam_cli import STACK_NAME
from observability import METRICS
from observability import Metric as EmittedMetric
from tests.metrics.alarms import Alarm, AlarmMetric, load_alarms
from tests.metrics.metric_math import evaluate, metric_ids
from tests.metrics.template import ResolvedTemplate
from tests.template.transformed import PROJECT, Template

OPERATING = (PROJECT / "docs" / "operating.md").read_text()
MESSAGES = (PROJECT / "docs" / "messages.md").read_text()
CODES = (PROJECT / "docs" / "error-codes.md").read_text()
NAMESPACE = "SelfieLiveness"

# "Available CloudWatch metrics for Amazon SQS", "Types of metrics for Lambda functions", "Working
# with metrics for HTTP APIs": the dimension of each, and its meaningful statistics.
AWS_METRICS: Mapping[tuple[str, str], tuple[str, set[str]]] = MappingProxyType(
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
        ("AWS/ApiGateway", "5xx"): ("ApiId", {"Sum"}),
    }
)
MEANINGFUL_STATISTICS: Mapping[str, set[str]] = MappingProxyType(
    {"Count": {"Sum"}, "Milliseconds": {"p50", "p95"}}
)
DAY_SECONDS = 24 * 3600
DASHBOARD_WIDTH, MAX_WIDGETS = 24, 12

# tests/local_cloud/upload_api/test_alarms.py shows that the API's function emits these.
UPLOAD_API_METRICS: Mapping[str, EmittedMetric] = MappingProxyType(
    {"StartedUploads": EmittedMetric(), "Lockouts": EmittedMetric()}
)
EMITTED = {**METRICS, **UPLOAD_API_METRICS}

DEFAULT, WITH_API = ResolvedTemplate.load(), ResolvedTemplate.load(UploadApi="on")
ALARMS = load_alarms(WITH_API)


def dashboard(template: ResolvedTemplate) -> Mapping[str, Any]:
    body = template.resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]
    parsed: Mapping[str, Any] = json.loads(body)
    return parsed


DASHBOARD = dashboard(DEFAULT)


def problem_with(metric: Metric, stat: str) -> str:
    """Why a statistic of a metric never has a value; empty where it can have one."""
    names = {name for name, _ in metric.dimensions}
    if metric.namespace != NAMESPACE:
        dimension, stats = AWS_METRICS.get((metric.namespace, metric.name), ("", set()))
        resources = {STACK_NAME + suffix for suffix in ("-retry", "-failed", "-check-liveness")}
        resources.add("UploadHttpApi")
        exists = names == {dimension} and metric.dimension(dimension) in resources and stat in stats
        return "" if exists else f"AWS provides no {stat} of {metric}"
    if metric.name not in EMITTED:
        return f"no function emits {metric.name}"
    emitted = EMITTED[metric.name]
    if names not in [{"service", *dimensions} for dimensions in emitted.dimension_sets]:
        return f"{metric.name} has no dimensions {names}"
    if metric.dimension("service") != STACK_NAME:
        return f"{metric.name} is of another service"
    meaningful = MEANINGFUL_STATISTICS[emitted.unit.value]
    return "" if stat in meaningful else f"{stat} of {emitted.unit.value}"


def errors_of(error: type[LivenessError]) -> Iterator[type[LivenessError]]:
    yield error
    for kind in error.__subclasses__():
        yield from errors_of(kind)


def unknown_values(metric: Metric) -> set[tuple[str, str]]:
    """Values of dimensions that no code has."""
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


def alarm_metrics() -> Iterator[tuple[str, AlarmMetric]]:
    for name, alarm in ALARMS.items():
        for each in alarm.metrics:
            yield name, each


@pytest.mark.parametrize(("alarm", "watched"), list(alarm_metrics()))
def test_every_metric_of_an_alarm_exists(alarm: str, watched: AlarmMetric) -> None:
    assert problem_with(watched.metric, watched.stat) == ""
    assert unknown_values(watched.metric) == set()


@pytest.mark.parametrize(
    ("name", "dimensions", "stat"),
    [
        ("ProcessingError", {"service": STACK_NAME, "reason": "leased"}, "Sum"),
        ("ProcessingErrors", {"service": STACK_NAME}, "Sum"),
        ("ProcessingErrors", {"service": STACK_NAME, "reason": "leased"}, "Average"),
        ("ProcessingErrors", {"service": "check_liveness", "reason": "leased"}, "Sum"),
        ("UploadToPublishLatency", {"service": STACK_NAME}, "Sum"),
    ],
)
def test_a_metric_that_never_has_a_value_is_found(
    name: str, dimensions: dict[str, str], stat: str
) -> None:
    assert problem_with(Metric.of(NAMESPACE, name, dimensions), stat)


@pytest.mark.parametrize("alarm", [*ALARMS.values()], ids=[*ALARMS])
def test_the_expression_of_an_alarm_uses_all_of_its_metrics_and_no_others(alarm: Alarm) -> None:
    assert metric_ids(alarm.expression) == {each.id for each in alarm.metrics}


@pytest.mark.parametrize("alarm", [*ALARMS.values()], ids=[*ALARMS])
def test_an_alarm_is_not_breached_by_missing_data(alarm: Alarm) -> None:
    without_data = evaluate(alarm.expression, dict.fromkeys(metric_ids(alarm.expression)))

    assert without_data is None or without_data < alarm.threshold
    assert alarm.properties["TreatMissingData"] in {"notBreaching", "ignore"}


@pytest.mark.parametrize("alarm", [*ALARMS.values()], ids=[*ALARMS])
def test_an_alarm_is_within_cloudwatchs_limits(alarm: Alarm) -> None:
    properties = alarm.properties
    (period,) = {each.period for each in alarm.metrics}

    assert properties["DatapointsToAlarm"] <= properties["EvaluationPeriods"]
    assert period * properties["EvaluationPeriods"] <= DAY_SECONDS
    assert alarm.name.startswith(f"{STACK_NAME}-")  # what may publish to AlarmsTopic
    assert len(alarm.description) <= 1024


def test_every_alarm_notifies_by_email_where_an_address_is_given(template: Template) -> None:
    actions = {"Fn::If": ["NotifiesByEmail", [{"Ref": "AlarmsTopic"}], {"Ref": "AWS::NoValue"}]}

    for _, alarm in template.resources("AWS::CloudWatch::Alarm"):
        assert (alarm["AlarmActions"], alarm["OKActions"]) == (actions, actions)


def test_only_alarms_with_metric_math_can_be_switched_off_and_those_of_the_api_go_with_it(
    template: Template,
) -> None:
    for name, resource in template.body["Resources"].items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            has_math = "Metrics" in resource["Properties"]
            condition = "CreatesMetricMathAlarms" if has_math else None
            if resource["Properties"].get("MetricName") in {*UPLOAD_API_METRICS, "5xx"}:
                condition = "HasUploadApi"
            assert resource.get("Condition") == condition, name


def entry(alarm: Alarm) -> str:
    """The entry of docs/operating.md for an alarm, by the anchor in its description."""
    _, _, anchor = alarm.description.rpartition(" - docs/operating.md#")
    for heading, text in re.findall(r"^### (.+)\n((?:(?!^##).*\n)*)", OPERATING, re.MULTILINE):
        if re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") == anchor:
            return str(text)
    pytest.fail(f"{alarm.name}: docs/operating.md has no #{anchor}")


@pytest.mark.parametrize("alarm", [*ALARMS.values()], ids=[*ALARMS])
def test_the_entry_of_an_alarm_has_its_meaning_a_query_and_a_remedy(alarm: Alarm) -> None:
    text = entry(alarm)

    for part in PARTS_OF_AN_ENTRY:
        assert text.count(part) == 1
    assert re.search(r"^```\nfilter .+\n```$", text, re.MULTILINE), "no query"


def test_every_entry_is_for_an_existing_alarm() -> None:
    assert len({entry(alarm) for alarm in ALARMS.values()}) == len(ALARMS)
    assert OPERATING.count("\n### Alarm: ") == len(ALARMS)


def test_queries_use_only_fields_of_log_records_and_their_own() -> None:
    log = OPERATING[OPERATING.index(HEAD_OF_THE_LOG_TABLE) :]
    fields = set(re.findall(r"`(\w+)`", log[: log.index("\n\n")])) | {"message", "durations_ms"}
    for query in re.findall(r"^```\n(filter .+)\n```$", OPERATING, re.MULTILINE):
        defined = set(re.findall(r"(?: as |, |\?<)(\w+)(?=,| \||>| by |$)", query))
        words = re.sub(r'"[^"]*"|/(?:\\/|[^/])+/', "", query)
        used = set(re.findall(r"(?<![@\w.])([a-z_]+)(?=[ ,)]|\.\w| =|$)", words))
        assert used - defined - fields - WORDS == set(), query


HEAD_OF_THE_LOG_TABLE = "| line | when | fields |"
PARTS_OF_AN_ENTRY = ("**It means:**", "**Look at**", "**Do:**")
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


def dashboard_metrics() -> Iterator[tuple[str, Metric, str]]:
    """Title, metric and statistic of everything on the dashboard, searches included."""
    for properties in (each["properties"] for each in widgets("metric")):
        for *path, last in properties["metrics"]:
            options = last if isinstance(last, dict) else {}
            if path:
                yield (
                    properties["title"],
                    metric_from_path(path),
                    options.get("stat") or properties["stat"],
                )
            elif search := SEARCH.fullmatch(options["expression"]):
                dimensions = dict.fromkeys(search["names"].split(","), "")
                dimensions["service"] = search["service"]
                metric = Metric.of(search["namespace"], search["name"], dimensions)
                yield properties["title"], metric, search["stat"]


@pytest.mark.parametrize(("title", "metric", "stat"), list(dashboard_metrics()))
def test_every_metric_of_the_dashboard_exists(title: str, metric: Metric, stat: str) -> None:
    assert problem_with(metric, stat) == ""


def test_an_expression_of_the_dashboard_uses_ids_of_its_widget() -> None:
    evaluated = 0
    for properties in (each["properties"] for each in widgets("metric")):
        options = [each[-1] for each in properties["metrics"] if isinstance(each[-1], dict)]
        ids = {each["id"] for each in options if "id" in each}
        for expression in (each["expression"] for each in options if "expression" in each):
            if not expression.startswith("SEARCH("):
                evaluated += 1
                assert metric_ids(expression) <= ids, expression
            else:
                assert SEARCH.fullmatch(expression), expression

    assert evaluated


def test_the_dashboard_is_small_and_its_widgets_do_not_overlap() -> None:
    assert len(DASHBOARD["widgets"]) <= MAX_WIDGETS
    for widget in DASHBOARD["widgets"]:
        assert widget["x"] + widget["width"] <= DASHBOARD_WIDTH
    for one, other in combinations(DASHBOARD["widgets"], 2):
        beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        below = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        assert beside or below


def test_the_widgets_are_in_the_order_of_the_questions_that_they_answer() -> None:
    questions = [int(each["properties"]["title"][0]) for each in widgets("metric")]

    assert questions == sorted(questions)
    assert set(questions) == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize("stack", [DEFAULT, WITH_API], ids=["default", "with the API"])
def test_the_dashboard_shows_every_alarm_that_exists_and_no_other(stack: ResolvedTemplate) -> None:
    # The widget shows an error in place of an alarm that does not exist.
    (shown,) = (each for each in dashboard(stack)["widgets"] if each["type"] == "alarm")

    assert {arn.rpartition(":")[2] for arn in shown["properties"]["alarms"]} == {
        alarm.name for alarm in load_alarms(stack).values()
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
        for name, metric in EMITTED.items()
    } | {"ColdStart": ({frozenset({"function_name"})}, "Count")}


def test_the_picture_of_the_dashboard_is_up_to_date() -> None:
    texts = texts_in(PROJECT / "docs" / "dashboard.png")
    labels = [
        each[-1]["label"]
        for widget in widgets("metric")
        for each in widget["properties"]["metrics"]
        if each[-1].get("label") and each[-1].get("visible", True)
    ]
    alarms = [alarm.name.removeprefix(f"{STACK_NAME}-") for alarm in load_alarms(DEFAULT).values()]

    for text in (*(each["properties"]["title"] for each in widgets("metric")), *labels, *alarms):
        assert text in texts, "run `python -m local.dashboard`"
