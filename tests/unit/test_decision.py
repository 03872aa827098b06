"""The rules by which a detection becomes an outcome."""

from __future__ import annotations

from decimal import Decimal

import pytest

from liveness.decision import Thresholds, decide, is_consistent, meaningful
from liveness.errors import ServiceUnreachableError
from liveness.models import Action, Decision, Detection, Outcome

FACE = Action.DETECT_LIVE_FACE
ACCURATE = Action.DETECT_LIVE_FACE_ACCURATE


def detection(
    action: Action, model: str, score: str | None = None, live: bool | None = None
) -> Detection:
    return Detection(action, model, "req", Decimal(score) if score else None, live)


@pytest.mark.parametrize(
    ("detected", "outcome", "threshold"),
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
def test_each_model_is_decided_by_its_own_field(
    detected: Detection, outcome: Outcome, threshold: Decimal | None
) -> None:
    decision = decide(detected, Thresholds())

    assert (decision.outcome, decision.threshold) == (outcome, threshold)
    assert decision.detection == meaningful(detected)


@pytest.mark.parametrize(
    "detected",
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
def test_a_detection_without_its_deciding_field_is_no_verdict(detected: Detection) -> None:
    assert meaningful(detected) is None
    with pytest.raises(ServiceUnreachableError, match="AnswerUnusable"):
        decide(detected, Thresholds())


@pytest.mark.parametrize(
    ("detected", "kept"),
    [
        (detection(FACE, "3.0", "99", live=False), detection(FACE, "3.0", live=False)),
        (detection(FACE, "2.0", "99", live=False), detection(FACE, "2.0", "99")),
        (detection(ACCURATE, "3.0", "99", live=False), detection(ACCURATE, "3.0", "99")),
    ],
)
def test_only_the_deciding_field_is_kept(detected: Detection, kept: Detection) -> None:
    assert meaningful(detected) == kept


@pytest.mark.parametrize(
    ("detected", "threshold"),
    [
        (detection(FACE, "3.0", live=False), None),
        (detection(FACE, "2.0", score="60"), Decimal(60)),
        (detection(ACCURATE, "3.0", score="59"), Decimal(60)),
    ],
)
def test_a_decision_is_consistent_with_its_own_detection_and_threshold_alone(
    detected: Detection, threshold: Decimal | None
) -> None:
    assert is_consistent(Decision(Outcome.NOT_LIVE, detected, threshold))
    assert not is_consistent(Decision(Outcome.LIVE, detected, threshold))
    other = Decimal(1) if threshold is None else None
    assert not is_consistent(Decision(Outcome.NOT_LIVE, detected, other))
    assert not is_consistent(Decision(Outcome.NOT_LIVE, detection(FACE, "4.0"), threshold))


def test_the_thresholds_are_parameters() -> None:
    strict = Thresholds(model_2=Decimal(95), accurate=Decimal(90))

    assert decide(detection(FACE, "2.0", score="94"), strict).outcome is Outcome.NOT_LIVE
    assert decide(detection(ACCURATE, "3.0", score="90"), strict).outcome is Outcome.LIVE
