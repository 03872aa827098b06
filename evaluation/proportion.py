"""Errors among a number of pictures: the rate, its interval, and what a sample can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
# With no error among n pictures, the rate is at most about 3/n with 95 % confidence.
_RULE_OF_THREE = 3


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many errors among so many pictures."""

    errors: int
    count: int

    @property
    def rate(self) -> Fraction | None:
        """The exact rate; None without pictures."""
        return Fraction(self.errors, self.count) if self.count else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval of 95 %, without continuity correction.

        E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
        """
        if not self.count:
            return None
        n, p = self.count, self.errors / self.count
        centre = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
        # At the ends the exact value is 0 or 1, which rounding would miss.
        low = 0.0 if self.errors == 0 else centre - half
        high = 1.0 if self.errors == n else centre + half
        return low, high


def worst_of(proportions: Mapping[str, Proportion]) -> str | None:
    """The name with the highest rate; where several have it, the one with the fewest pictures."""
    known = {name: each for name, each in sorted(proportions.items()) if each.count}
    rank = {name: (Fraction(each.errors, each.count), -each.count) for name, each in known.items()}
    return max(rank, key=lambda name: rank[name], default=None)


def pictures_needed(rate: Fraction) -> int | None:
    """The fewest pictures of which none in error shows a rate this low; None for a rate of 0."""
    return ceil(_RULE_OF_THREE / rate) if rate else None


def highest_rate_without_errors(count: int) -> Fraction:
    """The highest rate that no error among so many pictures leaves possible."""
    return min(Fraction(1), Fraction(_RULE_OF_THREE, count)) if count else Fraction(1)
