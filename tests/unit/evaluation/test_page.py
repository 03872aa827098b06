"""docs/evaluation.md has the report that its synthetic set leads to."""

from __future__ import annotations

from fractions import Fraction

from evaluation.figures import compare, evaluate
from evaluation.report import markdown
from tests.evaluation_page import MAX_APCER, PAGE, shown_report
from tests.evaluation_set import LARGE, results_of


def test_the_page_has_the_report_of_its_set() -> None:
    results = results_of(LARGE)
    report = markdown(evaluate(results), compare(results), Fraction(MAX_APCER), "det.svg")

    assert PAGE.section("report") == shown_report(report)
