"""Results and sources for the tests of the evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from hypothesis import strategies as st

from evaluation.curve import Scores
from evaluation.results import Label, Presentation, Result
from liveness.models import Action, Outcome

ACCURATE, PLAIN = Action.DETECT_LIVE_FACE_ACCURATE.value, Action.DETECT_LIVE_FACE.value


def result(
    name: str,
    outcome: str,
    *,
    instrument: str = "",
    score: str | None = None,
    reason: str = "",
    action: str = ACCURATE,
    model: str = "3.0",
) -> Result:
    """A result; an attack where there is an instrument."""
    label = Label.ATTACK if instrument else Label.BONA_FIDE
    number = None if score is None else Decimal(score)
    shown = Presentation(name, label, instrument)
    return Result(shown, Outcome(outcome), reason, number, action, model)


def scores(
    bona_fide: Sequence[float], *, includes_threshold: bool = True, **attacks: Sequence[float]
) -> Scores:
    return Scores(
        decimals(bona_fide),
        {name: decimals(each) for name, each in attacks.items()},
        includes_threshold=includes_threshold,
    )


def decimals(numbers: Sequence[float]) -> Sequence[Decimal]:
    return [Decimal(str(each)) for each in numbers]


# Few different values, so that ties are frequent.
some_scores = st.lists(
    st.integers(0, 20).map(lambda number: Decimal(number * 5)), min_size=1, max_size=30
)
some_attacks: st.SearchStrategy[Mapping[str, Sequence[Decimal]]] = st.dictionaries(
    st.sampled_from(["mask", "print", "replay"]), some_scores, min_size=1
)
