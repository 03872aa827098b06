"""A synthetic set of labelled pictures with known error rates, and the fake's answers to them.

No picture has a face: each is a colour of its own, by which the fake finds its answer. Scores are
quantiles of normal distributions, so that the set is the same each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from statistics import NormalDist
from typing import Any

from PIL import Image

from evaluation.results import Label, Presentation, Result
from liveness.decision import Thresholds
from liveness.models import Action, Outcome

_SIZE = (90, 120)
# Effects, and the reasons that they lead to.
_REFUSALS = {
    "error-InvalidParameterValue.NoFaceInPhoto": "no_face",
    "error-FailedOperation.FaceSizeTooSmall": "face_too_small",
}
_LOWEST, _HIGHEST = Decimal(0), Decimal(100)


@dataclass(frozen=True, slots=True)
class Kind:
    """Pictures of one label: how many, DetectLiveFaceAccurate's scores, and what is refused.

    Of the pictures with a response, DetectLiveFace classifies every `wrong_each`-th one wrongly.
    """

    folder: str
    answered: int
    mean: float
    deviation: float
    wrong_each: int
    refused: int = 0

    @property
    def scores(self) -> Sequence[Decimal]:
        """The scores, from the lowest to the highest, with one decimal."""
        distribution = NormalDist(self.mean, self.deviation)
        quantiles = ((index + 0.5) / self.answered for index in range(self.answered))
        scores = (Decimal(f"{distribution.inv_cdf(each):.1f}") for each in quantiles)
        # The absolute value makes 0 of -0.
        return [abs(min(max(each, _LOWEST), _HIGHEST)) for each in scores]

    @property
    def wrong_by_liveness(self) -> int:
        """How many of the pictures with a response DetectLiveFace classifies wrongly."""
        return self.answered // self.wrong_each


LARGE = (
    Kind("bona_fide", 300, 76, 16, 25, refused=9),
    Kind("attack/mask", 60, 33, 15, 6),
    Kind("attack/print", 150, 12, 11, 50, refused=3),
    Kind("attack/replay", 150, 22, 13, 15),
)
"""That of docs/evaluation.md."""
SMALL = (
    Kind("bona_fide", 40, 70, 20, 10, refused=2),
    Kind("attack/print", 20, 15, 20, 10, refused=1),
    Kind("attack/replay", 20, 30, 20, 5),
)


def create_set(folder: Path, kinds: Sequence[Kind]) -> Sequence[dict[str, Any]]:
    """Write the pictures, and return the rules by which the fake answers them."""
    rules: list[dict[str, Any]] = []
    for kind in kinds:
        (folder / kind.folder).mkdir(parents=True)
        for number, (name, effects) in enumerate(_answers(kind), 1):
            content = _picture(len(rules))
            (folder / kind.folder / f"{name}-{number:04}.png").write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            rules += [
                {"sha256": digest, "action": action.value, "effect": effect}
                for action, effect in zip(Action, effects, strict=True)
            ]
    return rules


def results_of(kinds: Sequence[Kind]) -> Sequence[Result]:
    """The results that the set leads to, as the rules of the two Actions are known."""
    results = []
    for action in Action:
        by_score = action is Action.DETECT_LIVE_FACE_ACCURATE
        for kind in kinds:
            for number, (_, effects) in enumerate(_answers(kind)):
                label, _, instrument = kind.folder.partition("/")
                shown = Presentation(f"{kind.folder}/{number}", Label(label), instrument)
                effect = effects[by_score]
                score = Decimal(effect.removeprefix("score-")) if "score-" in effect else None
                is_live = effect == "live" if score is None else score >= Thresholds().accurate
                outcome, reason = (Outcome.LIVE if is_live else Outcome.NOT_LIVE), ""
                if effect in _REFUSALS:
                    outcome, reason = Outcome.RETAKE, _REFUSALS[effect]
                results.append(Result(shown, outcome, reason, score, action.value, "3.0"))
    return results


def _answers(kind: Kind) -> Iterator[tuple[str, tuple[str, str]]]:
    """The beginning of each picture's name, and the effects for the two Actions."""
    correct, wrong = ("live", "spoof") if kind.folder == "bona_fide" else ("spoof", "live")
    for number, score in enumerate(kind.scores, 1):
        by_liveness = correct if number % kind.wrong_each else wrong
        yield f"score-{score}", (by_liveness, f"score-{score}")
    for refusal in islice(cycle(_REFUSALS), kind.refused):
        yield "refused", (refusal, refusal)


def _picture(number: int) -> bytes:
    content = BytesIO()
    colour = (number % 256, number // 256, 128)
    Image.new("RGB", _SIZE, colour).save(content, "PNG")
    return content.getvalue()
