"""The DET curve as PNG and SVG, drawn by matplotlib, which is imported only here."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from evaluation.curve import Point
from evaluation.figures import Evaluation
from operations.errors import UserError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TICKS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9)
# What the axes of normal deviates show instead of 0 and 1, where these are infinitely far away.
_LOWEST, _HIGHEST = 0.0005, 0.95
_COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:purple")
_STYLES = ("--", "-.", ":")


def draw(evaluations: Sequence[Evaluation], folder: Path) -> Sequence[Path]:
    """Write `det.png` and `det.svg` into a folder. Raises UserError without matplotlib."""
    try:
        # Slow to import, and a dependency of development alone.
        import matplotlib as mpl  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise UserError(
            "The DET curve needs matplotlib: `make setup` installs it; --no-picture does without."
        ) from None
    # The same figures give the same files.
    with mpl.rc_context({"svg.hashsalt": "det", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(6.6, 6.4), layout="constrained")
        axes = figure.add_subplot()
        for colour, each in zip(_cycled(len(evaluations)), evaluations, strict=True):
            _draw_evaluation(axes, each, colour)
        _draw_axes(axes)
        paths = [folder / "det.png", folder / "det.svg"]
        figure.savefig(paths[0], dpi=150, metadata={"Software": None})
        figure.savefig(paths[1], metadata={"Date": None})
    return paths


def _cycled(count: int) -> Sequence[str]:
    return [_COLOURS[index % len(_COLOURS)] for index in range(count)]


def _draw_evaluation(axes: Axes, evaluation: Evaluation, colour: str) -> None:
    if scores := evaluation.scores:
        for index, name in enumerate(scores.instruments):
            style: dict[str, Any] = {"linestyle": _STYLES[index % len(_STYLES)], "linewidth": 1.2}
            _draw_line(axes, scores.det(name), f"{evaluation.action}: {name}", colour, style)
        _draw_line(
            axes,
            scores.worst_det(),
            f"{evaluation.action}: worst",
            colour,
            {"linewidth": 5, "alpha": 0.3},
        )
    bpcer = evaluation.bona_fide.errors.interval
    worst = evaluation.worst and evaluation.attacks[evaluation.worst].errors
    if not bpcer or not worst or not worst.interval:
        return
    x, y = _deviate(worst.rate or 0), _deviate(evaluation.bona_fide.errors.rate or 0)
    low_x, high_x = map(_deviate, worst.interval)
    low_y, high_y = map(_deviate, bpcer)
    axes.errorbar(
        [x],
        [y],
        xerr=[[max(0.0, x - low_x)], [max(0.0, high_x - x)]],
        yerr=[[max(0.0, y - low_y)], [max(0.0, high_y - y)]],
        fmt="o",
        color=colour,
        capsize=3,
        label=f"{evaluation.name}: as decided, with 95 % intervals",
    )


def _draw_line(
    axes: Axes, points: Sequence[Point], label: str, colour: str, style: dict[str, Any]
) -> None:
    x = [_deviate(each.apcer) for each in points]
    y = [_deviate(each.bpcer) for each in points]
    # Between two thresholds BPCER rises first: at a tie, the corner is no better than the truth.
    axes.plot(x, y, color=colour, label=label, drawstyle="steps-pre", **style)


def _draw_axes(axes: Axes) -> None:
    ticks = [_deviate(each) for each in _TICKS]
    labels = [f"{100 * each:g}" for each in _TICKS]
    ends = _deviate(_LOWEST), _deviate(_HIGHEST)
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    axes.set_xlim(ends)
    axes.set_ylim(ends)
    axes.set_aspect("equal")
    axes.plot(ends, ends, color="lightgrey", linewidth=1, zorder=0)
    axes.set_xlabel("APCER, %")
    axes.set_ylabel("BPCER, %")
    axes.grid(visible=True, color="whitesmoke")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, loc="upper right")


def _deviate(rate: Fraction | float) -> float:
    """The normal deviate of a rate, which straightens the curve of normally distributed scores."""
    return NormalDist().inv_cdf(min(max(float(rate), _LOWEST), _HIGHEST))
