"""From a detection to a decision: one rule for each Action and face model.

The rules are the vendor's (docs/detectliveface-api.md, "What an answer means").
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from liveness.errors import ServiceUnreachableError
from liveness.models import Action, Decision, Detection, ErrorResponse, Outcome

_DECIDING_FIELD: Mapping[tuple[Action, str], str] = {
    (Action.DETECT_LIVE_FACE, "2.0"): "score",
    (Action.DETECT_LIVE_FACE, "3.0"): "is_liveness",
    (Action.DETECT_LIVE_FACE_ACCURATE, "3.0"): "score",
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores that separate live from not live."""

    model_2: Decimal = Decimal(87)
    accurate: Decimal = Decimal(40)


def decide(detection: Detection, thresholds: Thresholds) -> Decision:
    """Decide whether a detection means live or not live.

    Raises ServiceUnreachableError where `meaningful` finds nothing to decide by: that is no
    answer, and never a verdict.
    """
    decisive = meaningful(detection)
    if decisive is None:
        message = f"{detection.action} answered without the field that decides for its model"
        error = ErrorResponse("AnswerUnusable", message, detection.request_id)
        raise ServiceUnreachableError(error)
    threshold = None
    if decisive.score is None:
        is_live = decisive.is_liveness
    elif decisive.action is Action.DETECT_LIVE_FACE_ACCURATE:
        threshold = thresholds.accurate
        is_live = decisive.score >= threshold
    else:
        threshold = thresholds.model_2
        is_live = decisive.score > threshold
    return Decision(Outcome.LIVE if is_live else Outcome.NOT_LIVE, decisive, threshold)


def is_consistent(decision: Decision) -> bool:
    """Whether a decision is the one that its own detection and threshold lead to."""
    threshold = decision.threshold
    thresholds = Thresholds() if threshold is None else Thresholds(threshold, threshold)
    try:
        return decide(decision.detection, thresholds) == decision
    except ServiceUnreachableError:
        return False


def has_rule(action: Action, face_model_version: str) -> bool:
    """Whether an answer of this model can be decided by."""
    return (action, face_model_version) in _DECIDING_FIELD


def meaningful(detection: Detection) -> Detection | None:
    """The same detection with nothing but the field that decides, so that no other is kept.

    None where that field is missing or out of range, and for a model without a rule.
    """
    match _DECIDING_FIELD.get((detection.action, detection.face_model_version)):
        case "is_liveness" if detection.is_liveness is not None:
            return replace(detection, score=None)
        case "score" if detection.score is not None and 0 <= detection.score <= Decimal(100):
            return replace(detection, is_liveness=None)
    return None
