"""The report in Markdown, to keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from evaluation.curve import Scores, equal_error_rate
from evaluation.figures import Comparison, Evaluation, Rates
from evaluation.figures_json import MAX_APCERS
from evaluation.mcnemar import Disagreement
from evaluation.sample_warnings import warnings_of
from evaluation.text import percent, with_interval

_RATE = "{} (95 % interval)"
_SMALLEST_P = 0.0001


def markdown(
    evaluations: Sequence[Evaluation],
    comparison: Comparison | None,
    max_apcer: Fraction,
    picture: str | None,
) -> str:
    """The whole report; `picture` is the DET curve's file, as a link from the report."""
    lines = ["# Evaluation of liveness detection", ""]
    lines += ["In the terms of ISO/IEC 30107-3; intervals are Wilson's, of 95 %.", ""]
    for each in evaluations:
        lines += _section(each, max_apcer)
    if picture:
        lines += ["## DET curve", "", f"![APCER and BPCER at every threshold]({picture})", ""]
    if comparison:
        lines += _of_comparison(comparison)
    return "\n".join(lines)


def _section(evaluation: Evaluation, max_apcer: Fraction) -> Iterator[str]:
    yield from (f"## {evaluation.name}", "")
    for warning in warnings_of(evaluation, max_apcer):
        yield from (f"> **Warning.** {_escaped(warning)}", "")
    heads = ["pictures", "with a response", "errors", _RATE.format("BPCER or APCER")]
    rows = [_row("bona fide (BPCER)", evaluation.bona_fide)]
    rows += [_row(f"attack: {name} (APCER)", each) for name, each in evaluation.attacks.items()]
    yield from _table(heads, rows)
    if evaluation.worst:
        worst = f"{evaluation.worst}, {percent(evaluation.worst_apcer)}"
        yield from (f"Worst APCER: {_escaped(worst)}.", "")
    if non_responses := [*_non_responses(evaluation)]:
        heads = ["pictures", "without a response", _RATE.format("BPNRR or APNRR"), "reasons"]
        yield from _table(heads, non_responses)
    if evaluation.scores:
        yield from _of_scores(evaluation, evaluation.scores, max_apcer)
    else:
        yield from ("No score decides here: there is one operating point, and no threshold.", "")


def _row(name: str, rates: Rates) -> Sequence[str]:
    errors = rates.errors
    return name, f"{errors.count:,}", f"{errors.errors:,}", with_interval(errors)


def _non_responses(evaluation: Evaluation) -> Iterator[Sequence[str]]:
    kinds = {"bona fide (BPNRR)": evaluation.bona_fide}
    kinds |= {f"attack: {name} (APNRR)": each for name, each in evaluation.attacks.items()}
    for name, rates in kinds.items():
        if rates.non_responses.errors:
            of = f"{rates.non_responses.errors:,} of {rates.non_responses.count:,}"
            reasons = ", ".join(f"{reason} {count:,}" for reason, count in rates.reasons.items())
            yield name, of, with_interval(rates.non_responses), reasons


def _of_scores(evaluation: Evaluation, scores: Scores, max_apcer: Fraction) -> Iterator[str]:
    rule = "of the threshold or more" if evaluation.includes_threshold else "above the threshold"
    yield from (f"A picture with a score {rule} is live.", "")
    chosen = scores.lowest_threshold(max_apcer)
    points = (
        []
        if evaluation.default_threshold is None
        else [("recommended by the vendor", evaluation.default_threshold)]
    )
    for rate in sorted({*MAX_APCERS, max_apcer}):
        name = f"APCER at most {percent(rate)}"
        if point := scores.lowest_threshold(rate):
            points.append((name, point.threshold))
    heads = ["operating point", "threshold", _RATE.format("BPCER"), _RATE.format("worst APCER")]
    yield from _table(heads, [_point(name, each, scores) for name, each in points])
    threshold = f"{chosen.threshold:f}" if chosen else "none"
    yield from (f"Threshold for an APCER of at most {percent(max_apcer)}: **{threshold}**.", "")
    rates = [(name, equal_error_rate(scores.det(name))) for name in scores.instruments]
    rates += [("all attacks together", equal_error_rate(scores.det()))]
    rates += [("the worst at each threshold", equal_error_rate(scores.worst_det()))]
    yield from _table(["attack instrument", "EER"], [(name, percent(each)) for name, each in rates])


def _point(name: str, threshold: Decimal, scores: Scores) -> Sequence[str]:
    point = scores.at(threshold)
    worst = f"{with_interval(point.attacks[point.worst])}, {point.worst}"
    return name, f"{threshold:f}", with_interval(point.bona_fide), worst


def _of_comparison(comparison: Comparison) -> Iterator[str]:
    yield from ("## Both on the same pictures", "")
    yield from (f"First: {comparison.first.name}. Second: {comparison.second.name}.", "")
    rows = [_disagreement("bona fide", comparison.bona_fide)]
    rows += [_disagreement(f"attack: {name}", each) for name, each in comparison.attacks.items()]
    heads = ["pictures", "only the first correct", "only the second correct"]
    heads += ["McNemar's exact p", "chi-squared (with continuity correction)", "its p"]
    yield from _table(heads, rows)


def _disagreement(name: str, each: Disagreement) -> Sequence[str]:
    statistic = "-" if each.chi_squared is None else f"{each.chi_squared:.3f}"
    p_values = (_p(each.p_exact), statistic, _p(each.p_chi_squared))
    return name, f"{each.only_first:,}", f"{each.only_second:,}", *p_values


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return f"below {_SMALLEST_P}" if value < _SMALLEST_P else f"{value:.4f}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(map(_escaped, row))} |"
    yield ""


def _escaped(text: str) -> str:
    """Text from a results file, as a cell shows it: no markup, no line break."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text)
    return "".join(f"\\{letter}" if letter in "\\|<>*_`[]" else letter for letter in printable)
