"""The rule that turns a detection into an outcome."""

from __future__ import annotations

from decimal import Decimal

import pytest

from liveness.errors import ServiceUnreachable
from liveness.model import Action, Detection, Outcome, Thresholds

FACE = Action.DETECT_LIVE_FACE
ACCURATE = Action.DETECT_LIVE_FACE_ACCURATE


def detection(
    action: Action, model: str, score: str | None = None, live: bool | None = None
) -> Detection:
    return Detection(action, model, "req", Decimal(score) if score else None, live)


@pytest.mark.parametrize(
    ("answer", "outcome", "threshold"),
    [
        (detection(FACE, "3.0", live=True), Outcome.LIVE, None),
        (detection(FACE, "3.0", live=False), Outcome.NOT_LIVE, None),
        (detection(FACE, "3.0", score="0", live=True), Outcome.LIVE, None),
        (detection(FACE, "2.0", score="87.0001"), Outcome.LIVE, Decimal(87)),
        (detection(FACE, "2.0", score="87"), Outcome.NOT_LIVE, Decimal(87)),
        (detection(FACE, "2.0", score="0", live=True), Outcome.NOT_LIVE, Decimal(87)),
        (detection(ACCURATE, "3.0", score="40"), Outcome.LIVE, Decimal(40)),
        (detection(ACCURATE, "3.0", score="39.99"), Outcome.NOT_LIVE, Decimal(40)),
    ],
)
def test_each_model_is_read_by_the_field_that_means_something_for_it(
    answer: Detection, outcome: Outcome, threshold: Decimal | None
) -> None:
    judgement = Thresholds().judge(answer)

    assert (judgement.outcome, judgement.threshold) == (outcome, threshold)


@pytest.mark.parametrize(
    "answer",
    [
        detection(FACE, "3.0", score="99"),
        detection(FACE, "2.0", live=True),
        detection(FACE, "2.0", score="100.01"),
        detection(FACE, "2.0", score="-0.01"),
        detection(FACE, "4.0", score="99", live=True),
        detection(ACCURATE, "3.0", live=True),
        detection(ACCURATE, "2.0", score="99"),
    ],
)
def test_an_answer_without_its_deciding_field_is_no_verdict(answer: Detection) -> None:
    with pytest.raises(ServiceUnreachable, match="AnswerUnusable"):
        Thresholds().judge(answer)


def test_a_threshold_is_a_parameter() -> None:
    strict = Thresholds(model_2=Decimal(95), accurate=Decimal(90))

    assert strict.judge(detection(FACE, "2.0", score="94")).outcome is Outcome.NOT_LIVE
    assert strict.judge(detection(ACCURATE, "3.0", score="90")).outcome is Outcome.LIVE
