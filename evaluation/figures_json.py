"""The figures for programs: `--json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from evaluation.curve import OperatingPoint, equal_error_rate
from evaluation.figures import Comparison, Evaluation, Rates
from evaluation.mcnemar import Disagreement
from evaluation.sample_warnings import warnings_of

MAX_APCERS = tuple(Fraction(part, 100) for part in (1, 5, 10))
"""At which BPCER is reported."""

type Json = Mapping[str, object]


def to_json(
    evaluations: Sequence[Evaluation], comparison: Comparison | None, max_apcer: Fraction
) -> Json:
    """Write the first evaluation's figures, with those of the others under `others`."""
    first, *others = (_of_evaluation(each, max_apcer) for each in evaluations)
    return {
        **first,
        "others": others,
        "mcnemar": comparison and _of_comparison(comparison),
    }


def _of_evaluation(evaluation: Evaluation, max_apcer: Fraction) -> Json:
    scores = evaluation.scores
    point = scores.lowest_threshold(max_apcer) if scores else None
    return {
        "action": evaluation.action,
        "face_model_version": evaluation.face_model_version,
        "bona_fide": _of_rates(evaluation.bona_fide, "bpcer", "bpnrr"),
        "attacks": {
            name: {
                **_of_rates(rates, "apcer", "apnrr"),
                "eer": float(equal_error_rate(scores.det(name)))
                if scores and name in scores.instruments
                else None,
            }
            for name, rates in evaluation.attacks.items()
        },
        "worst_apcer": _float(evaluation.worst_apcer),
        "worst_instrument": evaluation.worst,
        "eer": float(equal_error_rate(scores.det())) if scores else None,
        "worst_eer": float(equal_error_rate(scores.worst_det())) if scores else None,
        "bpcer_at_apcer": {
            f"{float(rate):g}": _bpcer(scores.lowest_threshold(rate) if scores else None)
            for rate in MAX_APCERS
        },
        "max_apcer": float(max_apcer),
        "threshold": float(point.threshold) if point else None,
        "at_threshold": {"bpcer": _bpcer(point), "worst_apcer": float(point.worst_apcer)}
        if point
        else None,
        "warnings": list(warnings_of(evaluation, max_apcer)),
    }


def _of_rates(rates: Rates, error_rate: str, non_response_rate: str) -> Json:
    low, high = rates.errors.interval or (None, None)
    non_low, non_high = rates.non_responses.interval or (None, None)
    return {
        "count": rates.errors.count,
        "errors": rates.errors.errors,
        error_rate: _float(rates.errors.rate),
        f"{error_rate}_low": low,
        f"{error_rate}_high": high,
        "non_response": rates.non_responses.errors,
        non_response_rate: _float(rates.non_responses.rate),
        f"{non_response_rate}_low": non_low,
        f"{non_response_rate}_high": non_high,
        "non_response_reasons": dict(rates.reasons),
    }


def _of_comparison(comparison: Comparison) -> Json:
    return {
        "first": comparison.first.name,
        "second": comparison.second.name,
        "bona_fide": _of_disagreement(comparison.bona_fide),
        "attacks": {name: _of_disagreement(each) for name, each in comparison.attacks.items()},
    }


def _of_disagreement(disagreement: Disagreement) -> Json:
    return {
        "only_first_correct": disagreement.only_first,
        "only_second_correct": disagreement.only_second,
        "p_exact": disagreement.p_exact,
        "chi_squared": disagreement.chi_squared,
        "p_chi_squared": disagreement.p_chi_squared,
    }


def _bpcer(point: OperatingPoint | None) -> float | None:
    return _float(point.bona_fide.rate) if point else None


def _float(rate: Fraction | None) -> float | None:
    return None if rate is None else float(rate)
