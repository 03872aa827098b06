"""Draws a CloudWatch dashboard as an SVG that loads nothing: cards, charts, single values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

COLUMN, ROW, GAP, MARGIN = 56, 40, 8, 16
PALETTE = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#17becf")
_INK, _FAINT, _GRID, _CARD, _PAGE = "#16191f", "#687078", "#e3e6e8", "#ffffff", "#f2f3f3"
_STATES = {"OK": "#1d8102", "ALARM": "#d13212"}
_FONT = "font-family='Helvetica, Arial, sans-serif'"
# How wide a character is, as a part of its size: close enough to lay out a legend.
_WIDE = 0.52
_TICKS = 4

type Value = float | None


@dataclass(frozen=True, slots=True)
class Series:
    """A label, a colour, and a value for each step of time; None where there is none."""

    label: str
    colour: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the page, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, widget: Mapping[str, int]) -> Box:
        """The place that a widget has on CloudWatch's grid."""
        return cls(
            MARGIN + widget["x"] * COLUMN + GAP / 2,
            MARGIN + widget["y"] * ROW + GAP / 2,
            widget["width"] * COLUMN - GAP,
            widget["height"] * ROW - GAP,
        )


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows beside its series; `marks` are horizontal lines by their labels."""

    title: str
    stacked: bool
    unit: str
    most: Value
    marks: Mapping[str, float]
    ends: tuple[str, str]


@dataclass(slots=True)
class Page:
    """A drawing that grows."""

    width: float
    height: float
    parts: list[str] = field(default_factory=list)

    def svg(self, about: str) -> str:
        """The whole of it."""
        head = (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {self.width:g} {self.height:g}' "
            f"width='{self.width:g}' height='{self.height:g}' role='img'>"
            f"<title>{escape(about)}</title>"
            f"<rect width='100%' height='100%' fill='{_PAGE}'/>"
        )
        return "\n".join([head, *self.parts, "</svg>"]) + "\n"

    def text(
        self, x: float, y: float, text: str, *, size: float = 11, colour: str = _INK, more: str = ""
    ) -> None:
        """Write a line of text that begins at x, or where `more` says."""
        self.parts.append(
            f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size:g}' fill='{colour}' {_FONT} {more}>"
            f"{escape(text)}</text>"
        )

    def card(self, box: Box, title: str = "") -> None:
        """A widget's white ground, with its title."""
        self.parts.append(
            f"<rect x='{box.x:.1f}' y='{box.y:.1f}' width='{box.width:.1f}' "
            f"height='{box.height:.1f}' rx='3' fill='{_CARD}' stroke='{_GRID}'/>"
        )
        self.text(box.x + 12, box.y + 21, title, size=13, more="font-weight='bold'")

    def line(self, points: Iterable[tuple[float, float]], colour: str, more: str = "") -> None:
        """A line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f"<polyline points='{path}' fill='none' stroke='{colour}' {more}/>")

    def area(self, points: Iterable[tuple[float, float]], colour: str) -> None:
        """A filled shape."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f"<polygon points='{path}' fill='{colour}' fill-opacity='0.85'/>")


def draw_text(page: Page, box: Box, markdown: str) -> None:
    """A text widget: a heading and lines."""
    page.card(box)
    heading, *lines = markdown.splitlines()
    page.text(
        box.x + 14, box.y + 30, heading.removeprefix("# "), size=20, more="font-weight='bold'"
    )
    for number, line in enumerate(lines):
        page.text(box.x + 14, box.y + 53 + 19 * number, line, size=12.5, colour=_FAINT)


def draw_alarms(page: Page, box: Box, title: str, states: Mapping[str, str]) -> None:
    """An alarm widget: a chip for each alarm in the colour of its state."""
    page.card(box, title)
    x, y = box.x + 12, box.y + 34
    for name, state in states.items():
        width = len(name) * 11 * _WIDE + 22
        if x + width > box.x + box.width - 8:
            x, y = box.x + 12, y + 25
        page.parts.append(
            f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='19' rx='3' "
            f"fill='{_STATES[state]}' fill-opacity='{1 if state == 'ALARM' else 0.13}'/>"
        )
        colour = "#ffffff" if state == "ALARM" else _STATES[state]
        page.text(x + width / 2, y + 13.5, name, colour=colour, more="text-anchor='middle'")
        x += width + 6


def draw_values(page: Page, box: Box, title: str, values: Mapping[str, str]) -> None:
    """A widget of single values, side by side."""
    page.card(box, title)
    wide = box.width / max(len(values), 1)
    for number, (label, value) in enumerate(values.items()):
        x = box.x + wide * (number + 0.5)
        page.text(x, box.y + box.height / 2 + 22, value, size=28, more="text-anchor='middle'")
        page.text(
            x, box.y + box.height - 20, label, size=12, colour=_FAINT, more="text-anchor='middle'"
        )


def draw_chart(page: Page, box: Box, chart: Chart, series: Sequence[Series]) -> None:
    """A widget of lines, or of areas that stand on one another, over time."""
    page.card(box, chart.title)
    legend = _legend(page, box, series)
    plot = Box(box.x + 46, box.y + 50, box.width - 62, box.height - 50 - 24 - legend)
    drawn = _stacked(series) if chart.stacked else [(each, None) for each in series]
    tops = [value for each, _ in drawn for value in each.values if value is not None]
    top = chart.most or _round([*tops, *chart.marks.values(), 1])
    _axes(page, plot, chart, top)
    for each, below in reversed(drawn):
        if below is None:
            _draw_line(page, plot, each, top)
        else:
            floor = Series("", "", below)
            edge = [*_steps(plot, each, top), *reversed(_steps(plot, floor, top))]
            page.area(edge, each.colour)
    for label, mark in chart.marks.items():
        y = _at(plot, mark, top)
        page.line([(plot.x, y), (plot.x + plot.width, y)], _STATES["ALARM"], "stroke-dasharray='5'")
        end = "text-anchor='end'"
        page.text(plot.x + plot.width, y - 4, label, size=10, colour=_STATES["ALARM"], more=end)


def _stacked(series: Sequence[Series]) -> list[tuple[Series, Sequence[float]]]:
    """Each series on top of those before it, with what it stands on."""
    stacked: list[tuple[Series, Sequence[float]]] = []
    below = [0.0] * max((len(each.values) for each in series), default=0)
    for each in series:
        above = [low + (value or 0) for low, value in zip(below, each.values, strict=True)]
        stacked.append((Series(each.label, each.colour, above), below))
        below = above
    return stacked


def _axes(page: Page, plot: Box, chart: Chart, top: float) -> None:
    for tick in range(_TICKS + 1):
        value = top * tick / _TICKS
        y = _at(plot, value, top)
        page.line([(plot.x, y), (plot.x + plot.width, y)], _GRID)
        more = "text-anchor='end'"
        told = f"{value:,.2f}".rstrip("0").rstrip(".")
        page.text(plot.x - 6, y + 4, told, size=10, colour=_FAINT, more=more)
    page.text(plot.x - 34, plot.y - 11, chart.unit, size=10, colour=_FAINT)
    first, last = chart.ends
    page.text(plot.x, plot.y + plot.height + 15, first, size=10, colour=_FAINT)
    more = "text-anchor='end'"
    page.text(
        plot.x + plot.width, plot.y + plot.height + 15, last, size=10, colour=_FAINT, more=more
    )


def _draw_line(page: Page, plot: Box, series: Series, top: float) -> None:
    """A line where values follow one another, a dot where one stands alone."""
    run: list[tuple[float, float]] = []
    for number, value in enumerate([*series.values, None]):
        if value is not None:
            x = plot.x + plot.width * (number + 0.5) / len(series.values)
            run.append((x, _at(plot, min(value, top), top)))
            continue
        if len(run) == 1:
            ((x, y),) = run
            page.parts.append(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='2' fill='{series.colour}'/>")
        elif run:
            page.line(run, series.colour, "stroke-width='1.8' stroke-linejoin='round'")
        run = []


def _steps(plot: Box, series: Series, top: float) -> list[tuple[float, float]]:
    wide = plot.width / len(series.values)
    return [
        (plot.x + wide * (number + side), _at(plot, value or 0, top))
        for number, value in enumerate(series.values)
        for side in (0, 1)
    ]


def _legend(page: Page, box: Box, series: Sequence[Series]) -> float:
    """Write it from the bottom of the box, and return its height."""
    rows: list[list[tuple[float, Series]]] = [[]]
    x = box.x + 14
    for each in series:
        wide = len(each.label) * 11 * _WIDE + 30
        if rows[-1] and x + wide > box.x + box.width - 8:
            rows.append([])
            x = box.x + 14
        rows[-1].append((x, each))
        x += wide
    for number, row in enumerate(reversed(rows)):
        y = box.y + box.height - 10 - 16 * number
        for start, each in row:
            page.parts.append(
                f"<rect x='{start:.1f}' y='{y - 8:.1f}' width='9' height='9' fill='{each.colour}'/>"
            )
            page.text(start + 13, y, each.label, colour=_FAINT)
    return 16.0 * len(rows)


def _at(plot: Box, value: float, top: float) -> float:
    return plot.y + plot.height * (1 - value / top)


def _round(values: Iterable[float]) -> float:
    """A round number that all values are below."""
    highest = max(values)
    power: float = 10.0 ** math.floor(math.log10(highest))
    return next(each * power for each in (1, 2, 4, 8, 10) if each * power >= highest)
