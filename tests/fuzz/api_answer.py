"""`python -m tests.fuzz.api_answer --seconds 60`: no bytes of an answer become a wrong verdict."""

from __future__ import annotations

import json
from decimal import Decimal

# Installed only where somebody fuzzes.
import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["liveness.tencent", "liveness.model"]):
    from liveness.model import Action, Outcome, Thresholds
    from liveness.tencent.answer import read_answer

from liveness.errors import PictureRejected, ServiceFault
from tests.fuzz.harness import fuzz

THRESHOLDS = Thresholds()


def decide(data: bytes) -> str:
    """Read the bytes as an answer to both Actions; a verdict must be what they state."""
    return " / ".join(_decided(data, action) for action in Action)


def _decided(data: bytes, action: Action) -> str:
    try:
        judgement = THRESHOLDS.judge(read_answer(data, action).detection())
    except (ServiceFault, PictureRejected) as error:
        return type(error).__name__
    stated = _stated(data, action)
    if judgement.outcome is not stated:
        raise AssertionError(f"{judgement} from an answer that states {stated}")
    return judgement.outcome.value


def _stated(data: bytes, action: Action) -> Outcome | None:
    """What an answer says to a reader in no hurry, written apart from the code under test."""
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


def _answer(**fields: object) -> bytes:
    return json.dumps({"Response": {**fields, "RequestId": "048a5eb3"}}).encode()


SEEDS = (
    _answer(Score=99, IsLiveness=True, FaceModelVersion="3.0"),
    _answer(Score=0, IsLiveness=False, FaceModelVersion="3.0"),
    _answer(Score=87.5, IsLiveness=False, FaceModelVersion="2.0"),
    _answer(Score=1e2, FaceModelVersion="3.0"),
    _answer(Error={"Code": "InvalidParameterValue.NoFaceInPhoto", "Message": "No face."}),
    _answer(Error={"Code": "RequestLimitExceeded", "Message": "Slow down."}),
    _answer(Error={"Code": "AuthFailure.SignatureExpire", "Message": "Late."}),
    _answer(Error={"Code": "ResourceUnavailable.InArrears", "Message": "Pay."}),
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
    fuzz("api_answer", decide, seeds=SEEDS, words=WORDS, longest=4_000)
