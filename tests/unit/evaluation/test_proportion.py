"""Rates, Wilson's interval and the rule of three."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from evaluation.proportion import (
    Proportion,
    highest_rate_without_errors,
    pictures_needed,
    worst_of,
)

some_proportions = st.integers(1, 5000).flatmap(
    lambda count: st.builds(Proportion, st.integers(0, count), st.just(count))
)


def test_wilsons_interval_of_one_in_twenty_is_that_of_the_textbook() -> None:
    # (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with p = 0.05, n = 20, z = 1.959964
    assert Proportion(1, 20).interval == pytest.approx((0.0088814, 0.2361307), abs=1e-6)


def test_without_pictures_there_is_neither_rate_nor_interval() -> None:
    assert (Proportion(0, 0).rate, Proportion(0, 0).interval) == (None, None)


@given(some_proportions)
def test_the_interval_is_that_of_statsmodels(proportion: Proportion) -> None:
    expected = proportion_confint(proportion.errors, proportion.count, 0.05, "wilson")

    assert proportion.interval == pytest.approx(expected, abs=1e-9)


@given(some_proportions)
def test_the_interval_is_within_0_and_1_and_has_the_rate_in_it(proportion: Proportion) -> None:
    assert proportion.interval
    assert proportion.rate is not None
    low, high = proportion.interval
    assert 0 <= low <= proportion.rate <= high <= 1


@pytest.mark.parametrize(
    ("rate", "pictures"), [("0.05", 60), ("0.01", 300), ("0.07", 43), ("1", 3), ("0", None)]
)
def test_so_many_pictures_without_an_error_show_a_rate(rate: str, pictures: int | None) -> None:
    assert pictures_needed(Fraction(rate)) == pictures


@given(st.fractions(Fraction(1, 1000), 1))
def test_with_the_pictures_needed_the_bound_is_the_rate_or_less_and_with_fewer_it_is_more(
    rate: Fraction,
) -> None:
    needed = pictures_needed(rate)
    assert needed is not None
    assert highest_rate_without_errors(needed) <= rate
    assert needed == 3 or highest_rate_without_errors(needed - 1) > rate


def test_the_worst_of_equal_rates_is_that_of_the_fewest_pictures() -> None:
    rates = {"a": Proportion(1, 10), "b": Proportion(2, 10), "c": Proportion(1, 5)}

    assert worst_of({**rates, "none": Proportion(0, 0)}) == "c"


def test_without_pictures_nothing_is_worst() -> None:
    assert worst_of({"print": Proportion(0, 0)}) is None
