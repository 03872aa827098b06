"""DET curve, EER and thresholds: by hand, as scikit-learn has them, and for any scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import det_curve, roc_curve

from evaluation.curve import Point, Scores, equal_error_rate
from tests.unit.evaluation.samples import scores, some_attacks, some_scores

BONA_FIDE = [30, 60, 80, 80, 95]
PRINT = [10, 40, 60, 80]
some_shares = st.fractions(0, 1)


def points(*pairs: tuple[str, str]) -> list[Point]:
    return [Point(Fraction(apcer), Fraction(bpcer)) for apcer, bpcer in pairs]


def test_the_curve_by_hand_where_the_threshold_itself_is_live() -> None:
    assert list(scores(BONA_FIDE, print=PRINT).det()) == points(
        ("1", "0"),  # all are live
        ("1", "0"),  # 10
        ("3/4", "0"),  # 30
        ("3/4", "1/5"),  # 40
        ("1/2", "1/5"),  # 60
        ("1/4", "2/5"),  # 80
        ("0", "4/5"),  # 95
        ("0", "1"),  # none is live
    )


def test_the_curve_by_hand_where_the_threshold_itself_is_not_live() -> None:
    assert list(scores(BONA_FIDE, print=PRINT, includes_threshold=False).det()) == points(
        ("1", "0"),  # all are live
        ("3/4", "0"),  # 10
        ("3/4", "1/5"),  # 30
        ("1/2", "1/5"),  # 40
        ("1/4", "2/5"),  # 60
        ("0", "4/5"),  # 80
        ("0", "1"),  # 95
        ("0", "1"),  # none is live
    )


def test_the_equal_error_rate_by_hand_is_between_two_points() -> None:
    # From (1/2, 1/5) to (1/4, 2/5): equal after 2/3 of the way.
    assert equal_error_rate(scores(BONA_FIDE, print=PRINT).det()) == Fraction(1, 3)


@pytest.mark.parametrize(
    ("bona_fide", "attacks", "rate"),
    [([90, 95], [1, 2], 0), ([1, 2], [90, 95], 1), ([50], [50], Fraction(1, 2))],
    ids=["separate", "the wrong way round", "equal"],
)
def test_the_equal_error_rate_at_the_ends(
    bona_fide: list[float], attacks: list[float], rate: Fraction
) -> None:
    assert equal_error_rate(scores(bona_fide, print=attacks).det()) == rate


@pytest.mark.parametrize(
    ("includes_threshold", "max_apcer", "threshold", "bpcer"),
    [
        (True, "0", "95", "4/5"),
        (True, "1/4", "80", "2/5"),
        (True, "1/2", "60", "1/5"),
        (True, "0.4999", "80", "2/5"),
        (True, "1", "0", "0"),
        (False, "0", "80", "4/5"),
        (False, "1/4", "60", "2/5"),
        (False, "1/2", "40", "1/5"),
        (False, "1", "0", "0"),
    ],
)
def test_the_threshold_by_hand_with_scores_that_tie(
    includes_threshold: bool, max_apcer: str, threshold: str, bpcer: str
) -> None:
    of = scores(BONA_FIDE, print=PRINT, includes_threshold=includes_threshold)
    point = of.lowest_threshold(Fraction(max_apcer))

    assert point
    assert (point.threshold, point.bona_fide.rate) == (Decimal(threshold), Fraction(bpcer))


def test_the_threshold_is_for_the_worst_instrument_and_not_for_all_together() -> None:
    of = scores([90], print=[10] * 99, mask=[50])
    point = of.lowest_threshold(Fraction(1, 10))

    assert point
    assert point.threshold == 90
    assert point.worst == "mask"


def test_an_attack_with_the_highest_score_of_all_leaves_no_threshold() -> None:
    assert scores([99], print=[100]).lowest_threshold(Fraction(0)) is None


def test_a_threshold_of_100_rejects_a_score_of_100_where_only_more_is_live() -> None:
    point = scores([99], print=[100], includes_threshold=False).lowest_threshold(Fraction(0))

    assert point
    assert point.threshold == 100


def test_a_threshold_above_all_scores_is_100() -> None:
    point = scores([50], print=[60]).lowest_threshold(Fraction(0))

    assert point
    assert point.threshold == 100
    assert point.bona_fide.rate == 1


@given(some_scores, some_attacks, st.booleans())
def test_along_the_curve_apcer_falls_and_bpcer_rises(
    bona_fide: Sequence[Decimal], attacks: Mapping[str, Sequence[Decimal]], includes: bool
) -> None:
    of = Scores(bona_fide, attacks, includes_threshold=includes)

    for curve in (of.det(), of.worst_det(), *map(of.det, of.instruments)):
        assert (curve[0], curve[-1]) == (*points(("1", "0")), *points(("0", "1")))
        for before, after in pairwise(curve):
            assert before.apcer >= after.apcer
            assert before.bpcer <= after.bpcer


@given(some_scores, some_attacks, st.booleans())
def test_an_equal_error_rate_is_between_the_rates_of_the_points_around_it(
    bona_fide: Sequence[Decimal], attacks: Mapping[str, Sequence[Decimal]], includes: bool
) -> None:
    of = Scores(bona_fide, attacks, includes_threshold=includes)

    for curve in (of.det(), of.worst_det()):
        rate = equal_error_rate(curve)
        assert max(min(each.apcer, each.bpcer) for each in curve) <= rate
        assert rate <= min(max(each.apcer, each.bpcer) for each in curve)
    rates = [equal_error_rate(of.det(name)) for name in of.instruments]
    assert equal_error_rate(of.worst_det()) >= max(rates)
    assert min(rates) <= equal_error_rate(of.det()) <= max(rates)


@given(some_scores, some_attacks, st.booleans(), some_shares)
def test_no_threshold_of_the_parameter_is_better_than_the_one_that_is_reported(
    bona_fide: Sequence[Decimal],
    attacks: Mapping[str, Sequence[Decimal]],
    includes: bool,
    max_apcer: Fraction,
) -> None:
    def is_live(score: Decimal, threshold: Decimal) -> bool:
        return score >= threshold if includes else score > threshold

    def meets(threshold: Decimal) -> bool:
        live = ([is_live(each, threshold) for each in scores] for scores in attacks.values())
        return all(Fraction(sum(each), len(each)) <= max_apcer for each in live)

    def rejected(threshold: Decimal) -> int:
        return sum(not is_live(each, threshold) for each in bona_fide)

    point = Scores(bona_fide, attacks, includes_threshold=includes).lowest_threshold(max_apcer)

    # Steps of a half are finer than the scores, which are multiples of five.
    candidates = [Decimal(half) / 2 for half in range(201) if meets(Decimal(half) / 2)]
    if point is None:
        assert candidates == []
        return
    assert meets(point.threshold)
    assert point.bona_fide.errors == rejected(point.threshold) == min(map(rejected, candidates))


@given(some_scores, some_attacks)
def test_the_curve_is_that_of_scikit_learn(
    bona_fide: Sequence[Decimal], attacks: Mapping[str, Sequence[Decimal]]
) -> None:
    of_attacks = [score for each in attacks.values() for score in each]
    truth = [1] * len(bona_fide) + [0] * len(of_attacks)
    apcers, bpcers, thresholds = det_curve(truth, [float(x) for x in [*bona_fide, *of_attacks]])
    of = Scores(bona_fide, {"all": of_attacks}, includes_threshold=True)

    for apcer, bpcer, threshold in zip(apcers, bpcers, thresholds, strict=True):
        if np.isfinite(threshold):
            point = of.at(Decimal(str(threshold)))
            assert float(point.worst_apcer) == pytest.approx(apcer, abs=1e-9)
            assert float(point.bona_fide.rate or 0) == pytest.approx(bpcer, abs=1e-9)


@given(some_scores, some_attacks)
def test_the_equal_error_rate_is_where_the_curve_of_scikit_learn_crosses_the_diagonal(
    bona_fide: Sequence[Decimal], attacks: Mapping[str, Sequence[Decimal]]
) -> None:
    of_attacks = [score for each in attacks.values() for score in each]
    truth = [1] * len(bona_fide) + [0] * len(of_attacks)
    apcers, accepted, _ = roc_curve(truth, [float(x) for x in [*bona_fide, *of_attacks]])

    rate = float(equal_error_rate(Scores(bona_fide, attacks, includes_threshold=True).det()))

    # Both lie on the line between two points of theirs: at this rate, by their curve too.
    gaps = apcers + accepted - 1
    last = int(np.argmax(gaps >= 0))
    share = -gaps[last - 1] / (gaps[last] - gaps[last - 1]) if last else 0.0
    expected = apcers[last - 1] + share * (apcers[last] - apcers[last - 1]) if last else apcers[0]
    assert rate == pytest.approx(expected, abs=1e-9)
