"""The timeline of uploads, drawn by matplotlib from the stubs' request log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.measure import UploadRun
from benchmarks.request_log import PUBLISH, Call

_NAMES = {"IAI": "Tencent Cloud", "SECRETS_MANAGER": "Secrets Manager", "DYNAMODB": "DynamoDB"}
_COLOURS = {
    "DYNAMODB": "tab:blue",
    "S3": "tab:green",
    "IAI": "tab:orange",
    "SNS": "tab:pink",
    "SECRETS_MANAGER": "tab:purple",
}
_INIT_COLOUR = "tab:gray"
_DPI = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """One horizontal bar, in milliseconds from the upload's event."""

    label: str
    start: float
    duration: float
    colour: str
    note: str


def bars(run: UploadRun) -> list[Bar]:
    """Return the bars of one upload, in the order in which they begin."""
    init = [Bar("init", 0, run.init_ms, _INIT_COLOUR, f"{run.init_ms:.0f} ms")]
    calls = [_bar(call, run.invocation.began) for call in run.calls]
    return [*(init if run.init_ms else []), *calls]


def _bar(call: Call, zero: float) -> Bar:
    end = (call.ended - zero) * 1000
    return Bar(
        label=f"{_NAMES.get(call.service, call.service)} {call.operation}",
        start=(call.began - zero) * 1000,
        duration=(call.ended - call.began) * 1000,
        colour=_COLOURS.get(call.service, _INIT_COLOUR),
        note=f"{end:.0f} ms" + (", published" if call.operation == PUBLISH else ""),
    )


def draw(runs: Sequence[tuple[str, UploadRun]], path: Path) -> None:
    """Draw titled uploads below each other on one time axis."""
    drawn = [(title, bars(run)) for title, run in runs]
    heights = [len(each) + 1 for _, each in drawn]
    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(10, 0.26 * sum(heights) + 0.5), layout="constrained")
        rows = figure.subplots(len(drawn), sharex=True, height_ratios=heights, squeeze=False)
        for axes, (title, each) in zip(rows[:, 0], drawn, strict=True):
            _draw_one(axes, title, each)
        rows[-1, 0].set_xlabel("milliseconds from the upload's event")
        figure.savefig(path, dpi=_DPI)


def _draw_one(axes: Axes, title: str, each: Sequence[Bar]) -> None:
    drawn = axes.barh(
        range(len(each)),
        [bar.duration for bar in each],
        left=[bar.start for bar in each],
        color=[bar.colour for bar in each],
        height=0.7,
    )
    axes.bar_label(drawn, [bar.note for bar in each], padding=3, fontsize=8)
    axes.set_title(title, loc="left", fontweight="bold", fontsize=10)
    axes.set_yticks(range(len(each)), [bar.label for bar in each])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlim(left=0)
    axes.grid(axis="x", alpha=0.4)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
