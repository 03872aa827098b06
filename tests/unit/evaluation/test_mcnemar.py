"""McNemar's test, exact and with continuity correction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from evaluation.mcnemar import Disagreement


def test_the_exact_p_of_one_against_five_is_that_of_seven_of_32_throws() -> None:
    # 2 · (1 + 6) / 2⁶
    assert Disagreement(1, 5).p_exact == 14 / 64


def test_the_corrected_statistic_of_ten_against_thirty() -> None:
    # (|10 - 30| - 1)² / 40
    assert Disagreement(10, 30).chi_squared == 361 / 40
    assert Disagreement(10, 30).p_chi_squared == pytest.approx(0.002663, abs=1e-6)


def test_without_a_disagreement_nothing_speaks_for_a_difference() -> None:
    none = Disagreement(0, 0)

    assert (none.p_exact, none.chi_squared, none.p_chi_squared) == (1, None, None)


@given(st.integers(0, 400), st.integers(0, 400))
def test_both_are_those_of_statsmodels(first: int, second: int) -> None:
    table, ours = [[50, first], [second, 7]], Disagreement(first, second)

    assert ours.p_exact == pytest.approx(mcnemar(table, exact=True).pvalue, abs=1e-9)
    if first + second:
        theirs = mcnemar(table, exact=False, correction=True)
        assert ours.chi_squared == pytest.approx(theirs.statistic, abs=1e-9)
        assert ours.p_chi_squared == pytest.approx(theirs.pvalue, abs=1e-9)


def test_thousands_of_disagreements_are_no_overflow() -> None:
    assert Disagreement(5000, 5000).p_exact == 1
    assert Disagreement(4000, 6000).p_exact < 1e-80
