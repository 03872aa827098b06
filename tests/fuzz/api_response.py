"""`python -m tests.fuzz.api_response --seconds 60`: no response becomes a wrong decision."""

from __future__ import annotations

import json
from decimal import Decimal

# Ships no types.
import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["liveness.tencent", "liveness.decision"]):
    from liveness.decision import Thresholds, decide
    from liveness.models import Action, Outcome
    from liveness.tencent.response import parse_response

from liveness.errors import DetectionError, ImageRejectedByServiceError
from tests.fuzz.harness import fuzz

THRESHOLDS = Thresholds()


def run_case(data: bytes) -> str:
    """Parse the bytes as a response of both Actions; a decision must be what they state."""
    return " / ".join(_outcome(data, action) for action in Action)


def _outcome(data: bytes, action: Action) -> str:
    try:
        decision = decide(parse_response(data, action).detection(), THRESHOLDS)
    except (DetectionError, ImageRejectedByServiceError) as error:
        return type(error).__name__
    stated = _stated(data, action)
    if decision.outcome is not stated:
        raise AssertionError(f"{decision} from a response that states {stated}")
    return decision.outcome.value


def _stated(data: bytes, action: Action) -> Outcome | None:
    """What a response states, parsed plainly and apart from the code under test."""
    response = json.loads(data, parse_float=Decimal, parse_int=Decimal)["Response"]
    if "Error" in response or not response["RequestId"]:
        return None
    match action, response["FaceModelVersion"], response.get("Score"), response.get("IsLiveness"):
        case Action.DETECT_LIVE_FACE, "3.0", _, bool(live):
            return Outcome.LIVE if live else Outcome.NOT_LIVE
        case Action.DETECT_LIVE_FACE, "2.0", Decimal() as score, _ if 0 <= score <= 100:
            return Outcome.LIVE if score > 87 else Outcome.NOT_LIVE
        case Action.DETECT_LIVE_FACE_ACCURATE, "3.0", Decimal() as score, _ if 0 <= score <= 100:
            return Outcome.LIVE if score >= 40 else Outcome.NOT_LIVE
    return None


def _response(**fields: object) -> bytes:
    return json.dumps({"Response": {**fields, "RequestId": "048a5eb3"}}).encode()


SEEDS = (
    _response(Score=99, IsLiveness=True, FaceModelVersion="3.0"),
    _response(Score=0, IsLiveness=False, FaceModelVersion="3.0"),
    _response(Score=87.5, IsLiveness=False, FaceModelVersion="2.0"),
    _response(Score=1e2, FaceModelVersion="3.0"),
    _response(Error={"Code": "InvalidParameterValue.NoFaceInPhoto", "Message": "No face."}),
    _response(Error={"Code": "RequestLimitExceeded", "Message": "Slow down."}),
    _response(Error={"Code": "AuthFailure.SignatureExpire", "Message": "Late."}),
    _response(Error={"Code": "ResourceUnavailable.InArrears", "Message": "Pay."}),
    b"<html>502 Bad Gateway</html>",
    b'{"Response": null}',
)
WORDS = tuple(
    word.encode()
    for word in (
        '"Response"', '"Error"', '"Code"', '"Message"', '"RequestId"', '"Score"', '"IsLiveness"',
        '"FaceModelVersion"', '"2.0"', '"3.0"', "true", "false", "null", "NaN", "1e400", "-0",
        "FailedOperation", "InternalError", "AuthFailure", "\\ud800",
    )
)  # fmt: skip

if __name__ == "__main__":
    fuzz("api_response", run_case, seeds=SEEDS, words=WORDS, max_length=4_000)
