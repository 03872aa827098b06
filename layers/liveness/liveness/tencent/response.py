"""From the bytes of a response to its fields, or to the exception that it means."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from liveness.decision import has_rule, meaningful
from liveness.errors import LivenessError
from liveness.models import Action, Detection, ErrorResponse
from liveness.tencent.error_codes import error_for, no_answer, unknown_model

type _Fields = dict[str, object]

# DynamoDB keeps 38 digits, and no number closer to zero than 1E-130.
_MAX_DIGITS = 38
_MIN_EXPONENT = -130 + _MAX_DIGITS
_MAX_NAME_LENGTH = 128
_MAX_MESSAGE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class DetectLiveFaceResponse:
    """The documented fields (docs/detectliveface-api.md, "Answers").

    `score` and `is_liveness` are None where the service left them out or garbled them;
    DetectLiveFaceAccurate has no `is_liveness`.
    """

    score: Decimal | None
    is_liveness: bool | None
    face_model_version: str
    request_id: str
    action: Action = Action.DETECT_LIVE_FACE

    def detection(self) -> Detection:
        """The detection, with the field alone that decides for the Action and the model."""
        raw = Detection(
            self.action, self.face_model_version, self.request_id, self.score, self.is_liveness
        )
        # `decide` refuses one that nothing can be decided by; `parse_response` never returns it.
        return meaningful(raw) or raw


def parse_response(content: bytes, action: Action, attempts: int = 1) -> DetectLiveFaceResponse:
    """Parse the body of a response with HTTP status 200, whatever its Content-Type.

    Raises what `error_for` makes of an error, UnknownModelError for an answer of a model without
    a rule, and ServiceUnreachableError for all that is not an answer of the API with every field
    that a decision needs.
    """
    fields = _response_object(content, attempts)
    request_id = _name(fields.get("RequestId"))
    if "Error" in fields:
        raise _error(fields["Error"], request_id, attempts)
    version = fields.get("FaceModelVersion")
    score = _score(fields.get("Score"))
    flag = fields.get("IsLiveness") if action is Action.DETECT_LIVE_FACE else None
    is_liveness = flag if isinstance(flag, bool) else None
    if request_id and isinstance(version, str):
        response = DetectLiveFaceResponse(score, is_liveness, version, request_id, action)
        if meaningful(response.detection()):
            return response
    is_answer = score is not None or is_liveness is not None
    if request_id and is_answer and not (isinstance(version, str) and has_rule(action, version)):
        raise unknown_model(attempts, request_id)
    raise no_answer("WrongShape", attempts, request_id)


def _response_object(content: bytes, attempts: int) -> _Fields:
    try:
        body = json.loads(
            content.decode("utf-8"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_duplicates,
        )
    except (ValueError, ArithmeticError, RecursionError):
        # Not chained: a JSONDecodeError has the whole text.
        raise no_answer("NotJson", attempts) from None
    response = body.get("Response") if isinstance(body, dict) else None
    if not isinstance(response, dict):
        raise no_answer("WrongShape", attempts)
    return response


def _refuse_constant(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _without_duplicates(pairs: list[tuple[str, object]]) -> _Fields:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("an object with a duplicate key has no one meaning")
    return fields


def _error(error: object, request_id: str | None, attempts: int) -> LivenessError:
    if isinstance(error, dict) and (code := _name(error.get("Code"))):
        message = _redacted(error.get("Message"))
        return error_for(ErrorResponse(code, message, request_id, attempts))
    return no_answer("WrongShape", attempts, request_id)


def _name(value: object) -> str | None:
    """A code or a request id: printable ASCII of sensible length."""
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return value if 0 < len(value) <= _MAX_NAME_LENGTH else None
    return None


def _score(value: object) -> Decimal | None:
    """A score of the documented range, with digits that DynamoDB can store."""
    if not isinstance(value, Decimal) or not 0 <= value <= Decimal(100):
        return None
    _, digits, exponent = value.as_tuple()
    if len(digits) > _MAX_DIGITS or int(exponent) < _MIN_EXPONENT:
        return None
    return value.copy_abs()  # There is no "-0" among the scores.


def _redacted(message: object) -> str:
    """The service's message, without what it may quote of the request.

    That is: queries of URLs, and runs of characters as long as only encoded images, tokens and
    signatures are.
    """
    if not isinstance(message, str):
        return "(no message)"
    text = "".join(letter if letter.isprintable() else " " for letter in message)
    text = re.sub(r"(?:\?|%3[Ff])[!-~]*", "?…", text)
    text = re.sub(r"[!-~]{41,}", "…", text)
    return text[:_MAX_MESSAGE_LENGTH]
