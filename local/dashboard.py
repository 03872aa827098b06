"""The template's dashboard, drawn from a local cloud's own data: ``python -m local.dashboard``.

Two minutes of uploads stand for the day that the real one shows: some succeed, some are spoofs,
some must be taken again; the service fails for a while, spoofs come in a wave, the account is in
arrears for seconds. What came of it is laid out as the deployed template says.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.alarms import alarms
from local.cloud import LocalCloud, local_cloud, stop_on_signals
from local.drawing import (
    COLUMN,
    MARGIN,
    PALETTE,
    ROW,
    Box,
    Chart,
    Page,
    Series,
    Value,
    draw_alarms,
    draw_chart,
    draw_text,
    draw_values,
)
from local.gathering import add_depths, gathered
from local.metric_math import compute
from local.metrics import Metric, Metrics
from local.phone import Phone
from local.pictures import draw
from local.say import Trouble, step
from local.stack import PROJECT, STACK_NAME
from local.template import FilledTemplate

CLOUD = "dashboard"
STEP_SECONDS = 5.0
SETTLES_SECONDS = 5.0
_EVERY_SECONDS = 0.4
SEARCH = re.compile(
    r"SEARCH\('\{(?P<namespace>\w+),(?P<names>[\w,]+)\} MetricName=\"(?P<name>\w+)\" "
    r"service=\"(?P<service>[\w-]+)\"', '(?P<stat>\w+)', \d+\)"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What comes for so many seconds: some first, more by chance; and what the service does."""

    seconds: float
    pictures: Mapping[str, float]
    rules: Sequence[Mapping[str, Any]]
    first: Sequence[str] = ()


_USUAL = {"live.jpg": 80, "spoof.jpg": 5, "no-face.jpg": 5, "landscape.jpg": 4, "selfie.gif": 3}
_PACE = {"effect": "slow-250~150"}
SCENES = (
    # What the service refuses for good is given up before the last scene ends.
    Scene(30, _USUAL, [_PACE], first=["error-InvalidParameter.jpg"] * 2),
    Scene(
        20,
        _USUAL,
        [
            {"effect": "error-FailedOperation.ServerError", "probability": 0.5},
            {"effect": "error-FailedOperation.RequestLimitExceeded", "probability": 0.2},
            _PACE,
        ],
    ),
    Scene(25, {"live.jpg": 45, "spoof.jpg": 50, "no-face.jpg": 5}, [_PACE]),
    Scene(8, _USUAL, [{"effect": "error-ResourceUnavailable.InArrears"}]),
    Scene(37, _USUAL, [_PACE]),
)


def main() -> int:
    """Make the picture; 0 once it is written."""
    parser = argparse.ArgumentParser(prog="python -m local.dashboard", description=__doc__)
    parser.add_argument("--picture", type=Path, default=PROJECT / "docs" / "dashboard.svg")
    picture: Path = parser.parse_args().picture
    stop_on_signals()
    try:
        with local_cloud(CLOUD, RetryFirstDelaySeconds="3", RetryLongestDelaySeconds="5") as cloud:
            began = time.time()
            depths = Metrics()
            with step("Let uploads come, and things go wrong"):
                _play(cloud, depths)
            metrics = gathered(cloud, began)
            for metric, samples in depths.samples.items():
                metrics.add(metric, *samples)
            body = _deployed(cloud)
        picture.write_text(drawn(body, Shown(metrics, began, time.time())), encoding="utf-8")
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped; nothing is left running.\n")
        return 130
    except Trouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    sys.stdout.write(f"{picture} shows it.\n")
    return 0


def _play(cloud: LocalCloud, depths: Metrics) -> None:
    # Which pictures come is no secret, and the same each time.
    chance = random.Random(7)  # noqa: S311
    phone = Phone(cloud.engine, cloud.outputs["UploadBucketName"])
    drawn = {each.key.rpartition("/")[2]: each for each in draw(cloud.engine.log.parent / "drawn")}
    for scene in SCENES:
        cloud.detectliveface.control.set_rules(*map(dict, scene.rules))
        end = time.monotonic() + scene.seconds
        first = list(scene.first)
        while time.monotonic() < end:
            names = first or chance.choices([*scene.pictures], [*scene.pictures.values()])
            name = names.pop()
            content = drawn.get(name, drawn["live.jpg"]).path.read_bytes()
            stem, dot, ending = name.rpartition(".")
            phone.upload(f"selfies/{stem}-{chance.randrange(10**6):06}{dot}{ending}", content)
            add_depths(depths, cloud)
            time.sleep(_EVERY_SECONDS)
    for _ in range(int(SETTLES_SECONDS)):
        add_depths(depths, cloud)
        time.sleep(1)


def _deployed(cloud: LocalCloud) -> Mapping[str, Any]:
    cloudwatch: Any = cloud.engine.session.client("cloudwatch", endpoint_url=cloud.engine.url)
    body: Mapping[str, Any] = json.loads(
        cloudwatch.get_dashboard(DashboardName=STACK_NAME)["DashboardBody"]
    )
    return body


@dataclass(frozen=True, slots=True)
class Shown:
    """The samples of a span of time, in steps."""

    metrics: Metrics
    began: float
    ended: float

    @property
    def steps(self) -> Sequence[tuple[float, float]]:
        count = int((self.ended - self.began) // STEP_SECONDS) + 1
        starts = [self.began + number * STEP_SECONDS for number in range(count)]
        return [(start, start + STEP_SECONDS) for start in starts]

    @property
    def ends(self) -> tuple[str, str]:
        """When the first step begins and the last one ends."""
        moments = (datetime.fromtimestamp(each, UTC) for each in (self.began, self.ended))
        first, last = (f"{each:%H:%M:%S}" for each in moments)
        return first, last

    def values(self, metric: Metric, stat: str) -> Sequence[Value]:
        return [self.metrics.statistic(metric, stat, *each) for each in self.steps]


def drawn(body: Mapping[str, Any], shown: Shown) -> str:
    """The dashboard as an SVG."""
    widgets = body["widgets"]
    width = max(each["x"] + each["width"] for each in widgets) * COLUMN + 2 * MARGIN
    height = max(each["y"] + each["height"] for each in widgets) * ROW + 2 * MARGIN
    page = Page(width, height + 18)
    for widget in widgets:
        box, properties = Box.of(widget), widget["properties"]
        match (widget["type"], properties.get("view")):
            case ("text", _):
                draw_text(page, box, properties["markdown"].replace("`", ""))
            case ("alarm", _):
                draw_alarms(page, box, properties["title"], _states(properties, shown.metrics))
            case (_, "singleValue"):
                draw_values(page, box, properties["title"], _single_values(properties, shown))
            case _:
                chart, series = _chart(properties, shown), list(_series(properties, shown))
                draw_chart(page, box, chart, series)
    first, last = shown.ends
    page.text(
        MARGIN + 4,
        height + 4,
        f"A local cloud, {first} to {last} UTC, in steps of {STEP_SECONDS:g} s where the real one "
        "has 5 minutes. Red: what set an alarm off in this time.",
        colour="#687078",
    )
    return page.svg("The dashboard of selfie-liveness, with data of a local cloud")


def _states(properties: Mapping[str, Any], metrics: Metrics) -> Mapping[str, str]:
    """The alarms by their names without the stack's; the engine has not all of them."""
    known = {alarm.name: alarm for alarm in alarms(FilledTemplate.read()).values()}
    names = [arn.rpartition(":")[2] for arn in properties["alarms"]]
    return {
        name.removeprefix(f"{STACK_NAME}-"): ("ALARM" if known[name].breached_by(metrics) else "OK")
        for name in names
    }


def _chart(properties: Mapping[str, Any], shown: Shown) -> Chart:
    axis = properties["yAxis"]["left"]
    marks = properties.get("annotations", {}).get("horizontal", [])
    return Chart(
        title=properties["title"],
        stacked=properties["stacked"],
        unit=axis.get("label", ""),
        most=axis.get("max"),
        marks={each["label"]: float(each["value"]) for each in marks},
        ends=shown.ends,
    )


def _series(properties: Mapping[str, Any], shown: Shown) -> Iterator[Series]:
    """Everything visible of a chart, searches and expressions computed."""
    by_id = {}
    for *path, options in properties["metrics"]:
        if path:
            stat = options.get("stat") or properties["stat"]
            values = shown.values(metric_at(path), stat)
            by_id[options.get("id", "")] = values
            if options.get("visible", True):
                yield Series(options["label"], options["color"], values)
    for options in (each[-1] for each in properties["metrics"] if len(each) == 1):
        if search := SEARCH.fullmatch(options["expression"]):
            yield from _found(search, shown)
        else:
            points = [
                dict(zip(by_id, values, strict=True))
                for values in zip(*by_id.values(), strict=True)
            ]
            values = [compute(options["expression"], each) for each in points]
            yield Series(options["label"], options["color"], values)


def metric_at(path: Sequence[str]) -> Metric:
    """The series that a widget names: namespace, name, then dimensions and their values in turn."""
    namespace, name, *pairs = path
    return Metric.of(namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True)))


def _found(search: re.Match[str], shown: Shown) -> Iterator[Series]:
    names = search["names"].split(",")
    found = shown.metrics.named(search["namespace"], search["name"], names)
    for number, metric in enumerate(found):
        label = " ".join(metric.dimension(name) for name in names if name != "service")
        colour = PALETTE[number % len(PALETTE)]
        yield Series(label, colour, shown.values(metric, search["stat"]))


def _single_values(properties: Mapping[str, Any], shown: Shown) -> Mapping[str, str]:
    """Each label with its number, over the whole time; an expression may name an earlier one."""
    by_id: dict[str, Value] = {}
    labels: dict[str, str] = {}
    for *path, options in properties["metrics"]:
        if path:
            by_id[options["id"]] = shown.metrics.statistic(metric_at(path), properties["stat"])
    for *path, options in properties["metrics"]:
        if not path:
            by_id[options["id"]] = compute(options["expression"], by_id)
        if options.get("visible", True):
            value = by_id[options["id"]]
            labels[options["label"]] = "-" if value is None else f"{value:,.4g}"
    return labels


if __name__ == "__main__":
    raise SystemExit(main())
