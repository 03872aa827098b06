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
from pathlib import Path
from statistics import NormalDist
from typing import Any

from PIL import Image

from liveness.models import Action

_SIZE = (90, 120)
_REFUSALS = ("error-InvalidParameterValue.NoFaceInPhoto", "error-FailedOperation.FaceSizeTooSmall")
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
        return [min(max(each, _LOWEST), _HIGHEST) for each in scores]

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


def _answers(kind: Kind) -> Iterator[tuple[str, tuple[str, str]]]:
    """The beginning of each picture's name, and the effects for the two Actions."""
    correct, wrong = ("live", "spoof") if kind.folder == "bona_fide" else ("spoof", "live")
    for number, score in enumerate(kind.scores, 1):
        by_liveness = correct if number % kind.wrong_each else wrong
        yield f"score-{score}", (by_liveness, f"score-{score}")
    for number in range(kind.refused):
        refusal = _REFUSALS[number % len(_REFUSALS)]
        yield "refused", (refusal, refusal)


def _picture(number: int) -> bytes:
    content = BytesIO()
    colour = (number % 256, number // 256, 128)
    Image.new("RGB", _SIZE, colour).save(content, "PNG")
    return content.getvalue()
