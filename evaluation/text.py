"""Numbers as the report shows them."""

from __future__ import annotations

from fractions import Fraction

from evaluation.proportion import Proportion


def percent(rate: Fraction | float | None) -> str:
    """`5.00 %`; a dash for no rate."""
    return "-" if rate is None else f"{100 * float(rate):.2f} %"


def with_interval(proportion: Proportion) -> str:
    """`5.00 % (1.38 to 16.50)`; a dash without pictures."""
    interval = proportion.interval
    if interval is None:
        return "-"
    low, high = (f"{100 * end:.2f}" for end in interval)
    return f"{percent(proportion.rate)} ({low} to {high})"
