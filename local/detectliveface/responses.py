"""The HTTP response for each result: the API's documents, and everything that is none."""

import json
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from starlette.responses import HTMLResponse, Response

from liveness.models import Action
from local.detectliveface.effect import LIVE, Detected, Effect, Error, Fault, Result, Status
from local.detectliveface.protocol_faults import HungUp, Truncated, dripping
from local.detectliveface.request import DetectRequest

_JSON = "application/json"
_SCORES = {True: Decimal(99), False: Decimal(12)}
_HANG_SECONDS = 60
_OVERSIZED_BYTES = 1024 * 1024
_GARBAGE_BYTES = 160
_PAGE = "<html><body><h1>Bad Gateway</h1></body></html>"


def error_response(code: str, message: str, request_id: str, drip: int = 0) -> Response:
    """An error response of the API; `drip` is in milliseconds between two bytes."""
    error = {"Code": code, "Message": message}
    return _document({"Response": {"Error": error, "RequestId": request_id}}, drip)


def response(
    result: Result, request: DetectRequest, request_id: str, effect: Effect, chance: Random
) -> Response:
    """The response for a result; `chance` makes garbage reproducible."""
    match result:
        case Detected():
            return _document(_detection(result, request, request_id), effect.drip)
        case Error(code):
            message = "The fake was configured to answer this"
            return error_response(code, message, request_id, effect.drip)
        case Status(status):
            return HTMLResponse(_PAGE, status)
    valid = json.dumps(_detection(LIVE, request, request_id)).encode()
    faults: dict[Fault, Callable[[], Response]] = {
        Fault.DROP: HungUp,
        Fault.HANG: lambda: HungUp(after=_HANG_SECONDS),
        Fault.TRUNCATED: lambda: Truncated(valid, media_type=_JSON),
        Fault.REDIRECT: lambda: Response(status_code=302, headers={"Location": "/"}),
        Fault.HTML: lambda: HTMLResponse(_PAGE),
        Fault.EMPTY: lambda: Response(media_type=_JSON),
        Fault.GARBAGE: lambda: Response(chance.randbytes(_GARBAGE_BYTES), media_type=_JSON),
        Fault.OVERSIZED: lambda: Response(valid + b" " * _OVERSIZED_BYTES, media_type=_JSON),
        Fault.NO_VERDICT: lambda: _document({"Response": {"RequestId": request_id}}),
    }
    return faults[result]()


def _detection(detected: Detected, request: DetectRequest, request_id: str) -> dict[str, Any]:
    """A success (docs/detectliveface-api.md, "Answers").

    The field that the model does not use is the same for every image: a Score of 0 for model 3.0,
    an IsLiveness of false for 2.0. A caller who reads it by mistake notices.
    """
    score = _SCORES[detected.live] if detected.score is None else detected.score
    fields: dict[str, Any] = {"FaceModelVersion": request.model, "RequestId": request_id}
    if request.action is Action.DETECT_LIVE_FACE:
        by_score = request.model == "2.0"
        fields["IsLiveness"] = detected.live and not by_score
        score = score if by_score or detected.score is not None else Decimal(0)
    return {"Response": {"Score": float(score), **fields}}


def _document(content: dict[str, Any], drip: int = 0) -> Response:
    body = json.dumps(content).encode()
    return dripping(body, drip / 1000) if drip else Response(body, media_type=_JSON)
