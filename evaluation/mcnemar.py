"""McNemar's test: whether two detectors differ on the same pictures."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import erfc, sqrt


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Pictures that only the first detector classified correctly, and only the second one."""

    only_first: int
    only_second: int

    @property
    def p_exact(self) -> float:
        """The two-sided p-value of the exact test: binomial, with probability 1/2."""
        n, least = self.only_first + self.only_second, min(self.only_first, self.only_second)
        ways = total = 1
        for k in range(least):
            ways = ways * (n - k) // (k + 1)
            total += ways
        return float(min(Fraction(1), Fraction(2 * total, 2**n)))

    @property
    def chi_squared(self) -> float | None:
        """The statistic with continuity correction; None where nothing differs."""
        n = self.only_first + self.only_second
        return (abs(self.only_first - self.only_second) - 1) ** 2 / n if n else None

    @property
    def p_chi_squared(self) -> float | None:
        """The p-value of that statistic, with one degree of freedom."""
        statistic = self.chi_squared
        return None if statistic is None else erfc(sqrt(statistic / 2))
