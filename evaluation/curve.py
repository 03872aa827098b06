"""The trade-off between APCER and BPCER over every threshold of a score."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from evaluation.proportion import Proportion, worst_of

# What the parameters of template.yaml accept.
_LOWEST, _HIGHEST = Decimal(0), Decimal(100)


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The errors at one threshold; `attacks` has APCER for each attack instrument."""

    threshold: Decimal
    bona_fide: Proportion
    attacks: Mapping[str, Proportion]

    @property
    def worst(self) -> str:
        """The attack instrument with the highest APCER."""
        return worst_of(self.attacks) or ""

    @property
    def worst_apcer(self) -> Fraction:
        """The highest APCER."""
        return self.attacks[self.worst].rate or Fraction(0)


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a DET curve."""

    apcer: Fraction
    bpcer: Fraction


class Scores:
    """The scores of bona fide pictures, and those of each attack instrument; none is empty.

    `includes_threshold` says that a score equal to the threshold is live, as DetectLiveFaceAccurate
    has it; for model 2.0 it is not (liveness/decision.py).
    """

    def __init__(
        self,
        bona_fide: Sequence[Decimal],
        attacks: Mapping[str, Sequence[Decimal]],
        *,
        includes_threshold: bool,
    ) -> None:
        self._bona_fide = sorted(bona_fide)
        self._attacks = {name: sorted(attacks[name]) for name in sorted(attacks)}
        self._all_attacks = sorted(score for scores in attacks.values() for score in scores)
        self._rejected_at = bisect_left if includes_threshold else bisect_right

    @property
    def instruments(self) -> Sequence[str]:
        """The attack instruments, by name."""
        return list(self._attacks)

    def at(self, threshold: Decimal) -> OperatingPoint:
        """The errors at a threshold."""
        rejected = self._rejected_at(self._bona_fide, threshold)
        return OperatingPoint(
            threshold,
            Proportion(rejected, len(self._bona_fide)),
            {name: self._accepted(scores, threshold) for name, scores in self._attacks.items()},
        )

    def lowest_threshold(self, max_apcer: Fraction) -> OperatingPoint | None:
        """The point with the least BPCER at which no instrument has an APCER above `max_apcer`.

        The thresholds are those that can make a difference and that the parameters accept: every
        score that occurred, 0 and 100. None where none of them is high enough.
        """
        points = map(self.at, sorted({_LOWEST, *self._distinct(), _HIGHEST}))
        return next((point for point in points if point.worst_apcer <= max_apcer), None)

    def det(self, instrument: str | None = None) -> Sequence[Point]:
        """The curve of one instrument, or of all attacks together: from all live to none live."""
        attacks = self._all_attacks if instrument is None else self._attacks[instrument]
        points = [Point(Fraction(1), Fraction(0))]
        for threshold in self._distinct():
            apcer = self._accepted(attacks, threshold).rate or Fraction(0)
            points.append(Point(apcer, self._rejected(threshold)))
        return [*points, Point(Fraction(0), Fraction(1))]

    def worst_det(self) -> Sequence[Point]:
        """The curve of the worst instrument at each threshold."""
        curves = zip(*(self.det(name) for name in self._attacks), strict=True)
        return [Point(max(each.apcer for each in points), points[0].bpcer) for points in curves]

    def _distinct(self) -> Sequence[Decimal]:
        return sorted({*self._bona_fide, *self._all_attacks})

    def _rejected(self, threshold: Decimal) -> Fraction:
        return Fraction(self._rejected_at(self._bona_fide, threshold), len(self._bona_fide))

    def _accepted(self, scores: Sequence[Decimal], threshold: Decimal) -> Proportion:
        return Proportion(len(scores) - self._rejected_at(scores, threshold), len(scores))


def equal_error_rate(curve: Sequence[Point]) -> Fraction:
    """The rate at which APCER and BPCER are equal, by linear interpolation between two points."""
    return next(_crossings(curve))


def _crossings(curve: Sequence[Point]) -> Iterator[Fraction]:
    for before, after in pairwise(curve):
        gap_before, gap_after = before.apcer - before.bpcer, after.apcer - after.bpcer
        if gap_before >= 0 >= gap_after:
            share = gap_before / (gap_before - gap_after) if gap_before else Fraction(0)
            yield before.apcer + share * (after.apcer - before.apcer)
