"""The figures of ISO/IEC 30107-3 for one Action and face model, and the difference of two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evaluation.curve import Scores
from evaluation.mcnemar import Disagreement
from evaluation.proportion import Proportion, worst_of
from evaluation.results import Label, Result
from liveness.decision import Thresholds
from liveness.models import Action, Outcome

_INCLUDES_THRESHOLD = {
    (Action.DETECT_LIVE_FACE.value, "2.0"): False,
    (Action.DETECT_LIVE_FACE_ACCURATE.value, "3.0"): True,
}
"""The models with a score that decides, and whether a score equal to the threshold is live."""
_DEFAULTS = {
    (Action.DETECT_LIVE_FACE.value, "2.0"): Thresholds().model_2,
    (Action.DETECT_LIVE_FACE_ACCURATE.value, "3.0"): Thresholds().accurate,
}


@dataclass(frozen=True, slots=True)
class Rates:
    """The errors among the pictures with a response, and the non-responses among all of them.

    `failed` counts the non-responses that are no fault of the pictures.
    """

    errors: Proportion
    non_responses: Proportion
    reasons: Mapping[str, int]
    failed: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One Action and face model: BPCER, APCER of each attack instrument, and the scores.

    `scores` is None where no score decides, or where either kind of picture has none.
    """

    action: str
    face_model_version: str
    bona_fide: Rates
    attacks: Mapping[str, Rates]
    scores: Scores | None
    ignored_scores: int

    @property
    def name(self) -> str:
        """`DetectLiveFace, model 3.0`."""
        return f"{self.action or 'no Action'}, model {self.face_model_version or 'unknown'}"

    @property
    def default_threshold(self) -> Decimal | None:
        """The threshold that the vendor recommends; None where no score decides."""
        return _DEFAULTS.get((self.action, self.face_model_version))

    @property
    def includes_threshold(self) -> bool:
        """Whether a score equal to the threshold is live."""
        return _INCLUDES_THRESHOLD.get((self.action, self.face_model_version), False)

    @property
    def worst(self) -> str | None:
        """The attack instrument with the highest APCER; None without a response to an attack."""
        return worst_of({name: each.errors for name, each in self.attacks.items()})

    @property
    def worst_apcer(self) -> Fraction | None:
        """The highest APCER."""
        return None if self.worst is None else self.attacks[self.worst].errors.rate


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two evaluations on the pictures to which both have a response, by kind of picture."""

    first: Evaluation
    second: Evaluation
    bona_fide: Disagreement
    attacks: Mapping[str, Disagreement]


def evaluate(results: Iterable[Result]) -> Sequence[Evaluation]:
    """Evaluate each Action and face model, in the order of their first rows."""
    return [_evaluation(*system, rows) for system, rows in _by_system(results).items()]


def compare(results: Iterable[Result]) -> Comparison | None:
    """Compare the first two Actions and models; None where there is one only."""
    systems = list(_by_system(results).items())
    if len(systems) < 2:  # noqa: PLR2004
        return None
    (first, of_first), (second, of_second) = systems[:2]
    correct = {each.presentation: _is_correct(each) for each in of_first if each.is_response}
    pairs: Counter[tuple[str, bool, bool]] = Counter(
        (each.presentation.instrument, correct[each.presentation], _is_correct(each))
        for each in of_second
        if each.is_response and each.presentation in correct
    )

    def disagreement(instrument: str) -> Disagreement:
        return Disagreement(pairs[instrument, True, False], pairs[instrument, False, True])

    instruments = sorted({name for name, _, _ in pairs} - {""})
    return Comparison(
        _evaluation(*first, of_first),
        _evaluation(*second, of_second),
        disagreement(""),
        {name: disagreement(name) for name in instruments},
    )


def _by_system(results: Iterable[Result]) -> Mapping[tuple[str, str], Sequence[Result]]:
    systems: dict[tuple[str, str], list[Result]] = {}
    for each in results:
        systems.setdefault((each.action, each.face_model_version), []).append(each)
    return systems


def _evaluation(action: str, model: str, results: Sequence[Result]) -> Evaluation:
    bona_fide = [each for each in results if each.presentation.label is Label.BONA_FIDE]
    attacks: dict[str, list[Result]] = {}
    for each in results:
        if each.presentation.label is Label.ATTACK:
            attacks.setdefault(each.presentation.instrument, []).append(each)
    has_rule = (action, model) in _INCLUDES_THRESHOLD
    return Evaluation(
        action,
        model,
        _rates(bona_fide),
        {name: _rates(attacks[name]) for name in sorted(attacks)},
        _scores(bona_fide, attacks, _INCLUDES_THRESHOLD[action, model]) if has_rule else None,
        0 if has_rule else sum(each.score is not None for each in results),
    )


def _rates(results: Sequence[Result]) -> Rates:
    responses = [each for each in results if each.is_response]
    reasons = Counter(each.reason or each.outcome.value for each in results if not each.is_response)
    wrong = sum(not _is_correct(each) for each in responses)
    return Rates(
        Proportion(wrong, len(responses)),
        Proportion(len(results) - len(responses), len(results)),
        dict(sorted(reasons.items())),
        sum(each.outcome is Outcome.FAILED for each in results),
    )


def _is_correct(result: Result) -> bool:
    return (result.outcome is Outcome.LIVE) == (result.presentation.label is Label.BONA_FIDE)


def _scores(
    bona_fide: Sequence[Result],
    attacks: Mapping[str, Sequence[Result]],
    includes_threshold: bool,
) -> Scores | None:
    def of(results: Sequence[Result]) -> Sequence[Decimal]:
        return [each.score for each in results if each.is_response and each.score is not None]

    of_attacks = {name: scores for name in attacks if (scores := of(attacks[name]))}
    if not of_attacks or not of(bona_fide):
        return None
    return Scores(of(bona_fide), of_attacks, includes_threshold=includes_threshold)
