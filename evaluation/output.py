"""Results to figures, and figures to where the user wants them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence

from evaluation.det_picture import draw
from evaluation.figures import compare, evaluate
from evaluation.figures_json import to_json
from evaluation.options import REPORT
from evaluation.report import markdown
from evaluation.results import Result
from operations.errors import UserError


def show(
    results: Sequence[Result], options: argparse.Namespace, print_line: Callable[[str], None]
) -> None:
    """Print the figures, as Markdown or JSON, and write the report with its pictures.

    Raises UserError where there are no results, or where the pictures cannot be drawn.
    """
    if not results:
        raise UserError("There are no results to evaluate.")
    evaluations, comparison = evaluate(results), compare(results)
    if options.json:
        print_line(json.dumps(to_json(evaluations, comparison, options.max_apcer), indent=2))
    folder = options.report or (None if options.json else REPORT)
    has_picture = folder is not None and not options.no_picture
    text = markdown(evaluations, comparison, options.max_apcer, "det.svg" if has_picture else None)
    if not options.json:
        print_line(text)
    if folder is None:
        return
    report = folder / "report.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        report.write_text(text, "utf-8")
        pictures = draw(evaluations, folder) if has_picture else []
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}.") from None
    if not options.json:
        print_line(f"Kept as {', '.join(map(str, [report, *pictures]))}.")
