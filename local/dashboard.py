"""Draws the template's dashboard with data of a local cloud: ``python -m local.dashboard``.

The picture has the layout of the deployed dashboard, and the metrics of `local/traffic.py`.
"""

import json
import operator
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from local import traffic
from local.cloud import local_cloud
from local.console import progress, run
from local.emulator import REGION
from local.metrics import Metric, Metrics, collect_metrics
from local.sam_cli import PROJECT, STACK_NAME

PICTURE = PROJECT / "docs" / "dashboard.png"
PERIOD_SECONDS = 5.0
SEARCH = re.compile(
    r"SEARCH\('\{(?P<namespace>\w+),(?P<names>[\w,]+)\} MetricName=\"(?P<name>\w+)\" "
    r"service=\"(?P<service>[\w-]+)\"', '(?P<stat>\w+)', \d+\)"
)
_METRIC_MATH: dict[str, Any] = {
    "__builtins__": {},
    "FILL": lambda values, default: np.where(np.isnan(values), default, values),
    "IF": np.where,
}
_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
}
_COLUMN_INCHES, _ROW_INCHES = 0.6, 0.48
# Around a chart, in inches: for its axes and title, and for its legend.
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.55, 0.3, 0.4, 0.9
_LEGEND_COLUMN_PIXELS = 210
_ALARMS_IN_A_ROW = 4
_TEXTS = "Texts"
# As Any: the stubs want a literal type for every key.
_STYLE: Any = {"axes.grid": True, "axes.xmargin": 0, "font.size": 8, "grid.alpha": 0.3}

type Values = npt.NDArray[np.float64]
type Periods = Sequence[tuple[float, float]]
type Series = tuple[str, str, Values]
"""A label, a colour, and a value for each period; NaN where there is none."""


def main() -> int:
    """Draw the picture; 0 once it is written."""
    with local_cloud("picture", RetryFirstDelaySeconds="3", RetryLongestDelaySeconds="5") as cloud:
        began = time.time()
        with progress("Upload, and let the service fail"):
            depths = traffic.play(cloud)
        metrics = collect_metrics(cloud, began)
        metrics.samples.update(depths.samples)
        cloudwatch = cloud.client("cloudwatch")
        body = cloudwatch.get_dashboard(DashboardName=f"{STACK_NAME}-{REGION}")["DashboardBody"]
        alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    Dashboard(json.loads(body)["widgets"], alarms, metrics, began, time.time()).save(PICTURE)
    print(f"The dashboard is in {PICTURE}.")
    return 0


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The widgets of a dashboard with the metrics of a time range, in seconds since 1970.

    `alarms` are those that the emulator has, as DescribeAlarms returns them.
    """

    widgets: Sequence[Mapping[str, Any]]
    alarms: Sequence[Mapping[str, Any]]
    metrics: Metrics
    began: float
    ended: float

    def save(self, path: Path) -> None:
        """Draw the picture and save it as PNG, with all its texts for `texts_in`."""
        width = max(each["x"] + each["width"] for each in self.widgets) * _COLUMN_INCHES
        height = max(each["y"] + each["height"] for each in self.widgets) * _ROW_INCHES + _TOP
        about = (
            f"A local cloud, {_clock(self.began)} to {_clock(self.ended)} UTC, in periods of "
            f"{PERIOD_SECONDS:g} s where the real one has 5 minutes. Red: alarms that these data "
            "set off. Grey: alarms with metric math, which the emulator does not have."
        )
        with mpl.rc_context(_STYLE):
            figure = Figure(figsize=(width, height))
            figure.text(_LEFT / width, _TOP / height / 2, about)
            for widget in self.widgets:
                left, wide = (widget[name] * _COLUMN_INCHES for name in ("x", "width"))
                top, high = (widget[name] * _ROW_INCHES for name in ("y", "height"))
                is_chart = widget["properties"].get("view") == "timeSeries"
                high -= _TOP + (_BOTTOM if is_chart else 0)
                bottom = height - top - _TOP - high
                box = ((left + _LEFT) / width, bottom / height, (wide - _LEFT - _RIGHT) / width)
                self._draw(figure.add_axes((*box, high / height)), widget)
            texts = [each.get_text() for each in figure.findobj(Text) if isinstance(each, Text)]
            figure.savefig(path, metadata={_TEXTS: json.dumps(texts)})

    def _draw(self, axes: Axes, widget: Mapping[str, Any]) -> None:
        properties = widget["properties"]
        axes.set_title(properties.get("title", ""), loc="left", size=10, weight="bold")
        match (widget["type"], properties.get("view")):
            case ("metric", "timeSeries"):
                self._draw_chart(axes, properties)
                return
            case ("metric", "singleValue"):
                self._draw_values(axes, properties)
            case ("alarm", _):
                self._draw_alarms(axes, properties["alarms"])
            case _:
                heading, _, text = properties["markdown"].replace("`", "").partition("\n")
                axes.text(0, 1, heading.strip("# "), size=16, weight="bold", va="top")
                axes.text(0, 0.6, text, size=9, va="top", linespacing=1.5)
        axes.set_axis_off()

    def _draw_alarms(self, axes: Axes, arns: Sequence[str]) -> None:
        colours = {each["AlarmName"]: self._alarm_colour(each) for each in self.alarms}
        for number, name in enumerate(arn.rpartition(":")[2] for arn in arns):
            row, column = divmod(number, _ALARMS_IN_A_ROW)
            box = {"facecolor": colours.get(name, "#879196"), "linewidth": 0, "boxstyle": "round"}
            text = name.removeprefix(f"{STACK_NAME}-")
            axes.text(column / _ALARMS_IN_A_ROW, 0.9 - row * 0.27, text, color="white", bbox=box)

    def _alarm_colour(self, alarm: Mapping[str, Any]) -> str:
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        metric = Metric.of(alarm["Namespace"], alarm["MetricName"], dimensions)
        value = self.metrics.statistic(metric, alarm.get("ExtendedStatistic") or alarm["Statistic"])
        compare = _COMPARISONS[alarm["ComparisonOperator"]]
        is_breached = value is not None and compare(value, alarm["Threshold"])
        return "#d13212" if is_breached else "#1d8102"

    def _draw_values(self, axes: Axes, properties: Mapping[str, Any]) -> None:
        """Draw each label with its value over the whole time range."""
        series = list(self._series(properties, [(self.began, self.ended)]))
        for number, (label, _, (value,)) in enumerate(series):
            x = (number + 0.5) / len(series)
            axes.text(x, 0.5, f"{value:,.4g}".replace("nan", "-"), size=20, ha="center")
            axes.text(x, 0.2, label, size=9, ha="center")

    def _draw_chart(self, axes: Axes, properties: Mapping[str, Any]) -> None:
        times = np.arange(self.began, self.ended, PERIOD_SECONDS)
        series = list(self._series(properties, [(each, each + PERIOD_SECONDS) for each in times]))
        if properties["stacked"] and series:
            labels, colours, heights = zip(*series, strict=True)
            stack = map(np.nan_to_num, heights)
            axes.stackplot(times, *stack, labels=labels, colors=colours, step="post")
        for label, colour, values in () if properties["stacked"] else series:
            axes.plot(times, values, ".-", label=label, color=colour)
        for mark in properties.get("annotations", {}).get("horizontal", []):
            y, colour, right = mark["value"], mark["color"], axes.get_yaxis_transform()
            axes.axhline(y, color=colour, linestyle="--", linewidth=1)
            axes.text(1, y, mark["label"], color=colour, transform=right, ha="right")
        left = properties["yAxis"]["left"]
        axes.set_ylim(left.get("min"), left.get("max"))
        axes.set_ylabel(left.get("label", ""))
        axes.locator_params(axis="y", integer=True)
        axes.set_xticks([times[0], times[-1]], [_clock(self.began), _clock(self.ended)])
        columns = int(axes.bbox.width // _LEGEND_COLUMN_PIXELS)
        axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.07), ncols=columns, frameon=False)

    def _series(self, properties: Mapping[str, Any], periods: Periods) -> Iterator[Series]:
        """Every visible series of a widget: metrics, then searches and expressions in order."""
        by_id: dict[str, Values] = {}
        for *path, options in sorted(properties["metrics"], key=lambda each: len(each) == 1):
            expression = options.get("expression", "")
            if search := SEARCH.fullmatch(expression):
                names = search["names"].split(",")
                found = self.metrics.find(search["namespace"], search["name"], names)
                for number, metric in enumerate(found):
                    label = " ".join(metric.dimension(name) for name in names if name != "service")
                    yield label, f"C{number}", self._values(metric, search["stat"], periods)
                continue
            if path:
                stat = options.get("stat") or properties["stat"]
                values = self._values(metric_from_path(path), stat, periods)
            else:
                with np.errstate(divide="ignore", invalid="ignore"):
                    values = eval(expression, _METRIC_MATH, by_id)  # noqa: S307  # the template's
            by_id[options.get("id") or options["label"]] = values
            if options.get("visible", True):
                yield options["label"], options.get("color", ""), values

    def _values(self, metric: Metric, stat: str, periods: Periods) -> Values:
        values = [self.metrics.statistic(metric, stat, *period) for period in periods]
        return np.array(values, dtype=np.float64)


def metric_from_path(path: Sequence[str]) -> Metric:
    """The metric of a widget: namespace, name, then each dimension's name and value."""
    namespace, name, *pairs = path
    return Metric.of(namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True)))


def texts_in(picture: Path) -> Sequence[str]:
    """Every text in a picture of the dashboard: titles, labels and names of alarms."""
    with Image.open(picture) as image:
        return list(json.loads(image.info[_TEXTS]))


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S}"


if __name__ == "__main__":
    raise SystemExit(run(main))
