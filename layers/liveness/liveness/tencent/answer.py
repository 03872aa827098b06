"""From the bytes of an answer to what they state, or to the fault that they are."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from liveness.errors import ErrorAnswer, LivenessError
from liveness.model import Action, Detection
from liveness.tencent.catalogue import fault_for
from liveness.tencent.no_answer import no_answer

type Answer = DetectLiveFaceAnswer | DetectLiveFaceAccurateAnswer
type _Fields = dict[str, object]

# DynamoDB keeps 38 digits, and no number closer to zero than 1E-130.
_MOST_DIGITS = 38
_LEAST_EXPONENT = -130 + _MOST_DIGITS
_LONGEST_NAME = 128
_LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class DetectLiveFaceAnswer:
    """detect-live-face.txt §3. `score` decides for model 2.0, `is_liveness` for 3.0.

    The field that does not decide is None where the service left it out or garbled it.
    """

    score: Decimal | None
    is_liveness: bool | None
    face_model_version: str
    request_id: str

    def detection(self) -> Detection:
        """What the answer says of the picture: the field that means something, alone."""
        by_score = self.face_model_version == "2.0"
        return Detection(
            Action.DETECT_LIVE_FACE,
            self.face_model_version,
            self.request_id,
            score=self.score if by_score else None,
            is_liveness=None if by_score else self.is_liveness,
        )


@dataclass(frozen=True, slots=True)
class DetectLiveFaceAccurateAnswer:
    """The successor's answer (api-facts, "State of the Action"): `score` decides."""

    score: Decimal
    face_model_version: str
    request_id: str

    def detection(self) -> Detection:
        """What the answer says of the picture."""
        return Detection(
            Action.DETECT_LIVE_FACE_ACCURATE,
            self.face_model_version,
            self.request_id,
            score=self.score,
        )


def read_answer(content: bytes, action: Action, attempts: int = 1) -> Answer:
    """Read the body of an answer with HTTP status 200, whatever its Content-Type.

    Raises what `fault_for` makes of an error, and ServiceUnreachable for all that is not an
    answer of the API with every field that a verdict needs.
    """
    response = _response_in(content, attempts)
    request_id = _name(response.get("RequestId"))
    if "Error" in response:
        raise _fault(response["Error"], request_id, attempts)
    version = response.get("FaceModelVersion")
    score = _score(response.get("Score"))
    flag = response.get("IsLiveness")
    is_liveness = flag if isinstance(flag, bool) else None
    if request_id:
        match (action, version):
            case (Action.DETECT_LIVE_FACE_ACCURATE, "3.0") if score is not None:
                return DetectLiveFaceAccurateAnswer(score, "3.0", request_id)
            case (Action.DETECT_LIVE_FACE, "3.0") if is_liveness is not None:
                return DetectLiveFaceAnswer(score, is_liveness, "3.0", request_id)
            case (Action.DETECT_LIVE_FACE, "2.0") if score is not None:
                return DetectLiveFaceAnswer(score, is_liveness, "2.0", request_id)
    raise no_answer("WrongShape", attempts, request_id)


def _response_in(content: bytes, attempts: int) -> _Fields:
    try:
        answer = json.loads(
            content.decode("utf-8"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_refuse,
            object_pairs_hook=_once_each,
        )
    except (ValueError, ArithmeticError, RecursionError):
        # Not chained: a JSONDecodeError carries the whole text.
        raise no_answer("NotJson", attempts) from None
    response = answer.get("Response") if isinstance(answer, dict) else None
    if not isinstance(response, dict):
        raise no_answer("WrongShape", attempts)
    return response


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _once_each(pairs: list[tuple[str, object]]) -> _Fields:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("an object that states a field twice states nothing")
    return fields


def _fault(error: object, request_id: str | None, attempts: int) -> LivenessError:
    code = _name(error.get("Code")) if isinstance(error, dict) else None
    if not isinstance(error, dict) or code is None:
        return no_answer("WrongShape", attempts, request_id)
    return fault_for(ErrorAnswer(code, _presentable(error.get("Message")), request_id, attempts))


def _name(value: object) -> str | None:
    """A code or a request id: printable ASCII of sensible length."""
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return value if 0 < len(value) <= _LONGEST_NAME else None
    return None


def _score(value: object) -> Decimal | None:
    if not isinstance(value, Decimal) or not 0 <= value <= Decimal(100):
        return None
    _, digits, exponent = value.as_tuple()
    if len(digits) > _MOST_DIGITS or int(exponent) < _LEAST_EXPONENT:
        return None
    return value.copy_abs()  # There is no "-0" among the scores.


def _presentable(message: object) -> str:
    """The service's words, without what they may quote of the request.

    That is: queries of addresses, and runs of characters as long as only encoded pictures,
    tokens and signatures are.
    """
    if not isinstance(message, str):
        return "(no message)"
    text = "".join(letter if letter.isprintable() else " " for letter in message)
    text = re.sub(r"(?:\?|%3[Ff])[!-~]*", "?…", text)
    text = re.sub(r"[!-~]{41,}", "…", text)
    return text[:_LONGEST_MESSAGE]
