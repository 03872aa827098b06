"""What a reader of the figures must know: above all, where a sample is too small."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from evaluation.figures import Evaluation, Rates
from evaluation.proportion import highest_rate_without_errors, pictures_needed
from evaluation.text import percent


def warnings_of(evaluation: Evaluation, max_apcer: Fraction) -> Iterator[str]:
    """Yield one sentence for each weakness of the sample."""
    if not evaluation.bona_fide.errors.count:
        yield "No bona fide picture got a response: BPCER is unknown."
    if evaluation.worst is None:
        yield "No attack got a response: APCER is unknown."
    kinds = {"bona fide": evaluation.bona_fide, **evaluation.attacks}
    for name, rates in kinds.items():
        yield from _too_small(name, rates, max_apcer)
    if failed := sum(each.failed for each in kinds.values()):
        yield (
            f"{failed:,} non-responses are failures of the service, the network or a file, and say "
            "nothing of the pictures: sent again, they may get a response."
        )
    if ignored := evaluation.ignored_scores:
        yield (
            f"{ignored:,} scores are ignored: the score of {evaluation.name} has no meaning, "
            "IsLiveness decides."
        )


def _too_small(name: str, rates: Rates, max_apcer: Fraction) -> Iterator[str]:
    count, needed = rates.errors.count, pictures_needed(max_apcer)
    if count and needed is not None and count < needed:
        bound = percent(highest_rate_without_errors(count))
        yield (
            f"{name}: {count:,} with a response is too small a sample. By the rule of three, even "
            f"without an error the true rate could be {bound}; to show {percent(max_apcer)} takes "
            f"{needed:,}."
        )
