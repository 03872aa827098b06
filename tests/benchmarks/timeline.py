"""The time line of uploads, drawn from the stubs' own journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.benchmarks.journal import ANNOUNCEMENT
from tests.benchmarks.measure import Course

_WIDTH = 900
_LEFT, _RIGHT = 150, 16
_ROW = 20
_BAR = 14
_TITLE = 34
_TICK = 100  # milliseconds
_INK, _PALE, _GRID = "#24292f", "#57606a", "#d0d7de"
_PAPER = "#ffffff"
_COLOURS = {
    "DYNAMODB": "#3f6fd1",
    "S3": "#3d8c40",
    "IAI": "#c2571a",
    "SNS": "#b3326b",
    "SECRETS_MANAGER": "#8250df",
}
_SERVICES = {"IAI": "Tencent", "SECRETS_MANAGER": "Secrets", "DYNAMODB": "DynamoDB"}


@dataclass(frozen=True, slots=True)
class Lane:
    """One upload's course under its title."""

    title: str
    course: Course

    @property
    def milliseconds(self) -> float:
        """From the start of the process, or from the event, to the handler's end."""
        invocation = self.course.invocation
        return (invocation.ended - invocation.began) * 1000

    @property
    def height(self) -> int:
        """Pixels that it needs."""
        bars = len(self.course.calls) + bool(self.course.init_milliseconds)
        return _TITLE + _ROW * bars + _ROW


def drawn(lanes: Sequence[Lane]) -> str:
    """Draw the lanes below each other on one scale, as SVG."""
    longest = max(lane.milliseconds for lane in lanes)
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    height = sum(lane.height for lane in lanes) + _ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="ui-sans-serif, system-ui, sans-serif" font-size="12" role="img">',
        "<title>Time line of remote calls</title>",
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>',
    ]
    top = 0
    for lane in lanes:
        parts += _lane(lane, top, scale)
        top += lane.height
    return "\n".join([*parts, "</svg>", ""])


def _lane(lane: Lane, top: int, scale: float) -> Iterator[str]:
    rows = lane.height - _TITLE - _ROW
    yield _text(_RIGHT, top + 22, lane.title, _INK, weight=600)
    for milliseconds in range(0, int(lane.milliseconds) + 1, _TICK):
        x = _LEFT + milliseconds * scale
        yield (
            f'<line x1="{x:.1f}" y1="{top + _TITLE}" x2="{x:.1f}" '
            f'y2="{top + _TITLE + rows + 4}" stroke="{_GRID}"/>'
        )
        yield _text(x, top + _TITLE + rows + 15, str(milliseconds), _PALE, anchor="middle", size=10)
    y = top + _TITLE
    if init := lane.course.init_milliseconds:
        yield from _bar(y, (0, init * scale), "init", f"{init:.0f} ms", _PALE)
        y += _ROW
    for call in lane.course.calls:
        began = (call.began - lane.course.invocation.began) * 1000
        service = _SERVICES.get(call.service, call.service)
        colour = _COLOURS.get(call.service, _PALE)
        told = " — told" if call.operation == ANNOUNCEMENT else ""
        lasted = (call.ended - call.began) * 1000
        label = f"{service} {call.operation}"
        note = f"{began + lasted:.0f} ms{told}"
        yield from _bar(y, (began * scale, lasted * scale), label, note, colour)
        y += _ROW


def _bar(y: int, extent: tuple[float, float], label: str, note: str, colour: str) -> Iterator[str]:
    x, width = _LEFT + extent[0], extent[1]
    yield _text(_LEFT - 8, y + 12, label, _INK, anchor="end", size=11)
    yield (
        f'<rect x="{x:.1f}" y="{y + 2}" width="{width:.1f}" height="{_BAR}" rx="2" '
        f'fill="{colour}"/>'
    )
    if x + width + 90 < _WIDTH:
        yield _text(x + width + 5, y + 13, note, _PALE, size=10)
    else:
        yield _text(x - 5, y + 13, note, _PALE, anchor="end", size=10)


def _text(
    x: float,
    y: float,
    text: str,
    colour: str,
    *,
    anchor: str = "start",
    size: int = 12,
    weight: int = 400,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" fill="{colour}" text-anchor="{anchor}" '
        f'font-size="{size}" font-weight="{weight}">{escape(text)}</text>'
    )
