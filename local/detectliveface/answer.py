"""How an end reaches the caller: documents of the API, and everything that is none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from random import Random
from typing import Any

from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from liveness.model import Action
from local.detectliveface.effect import Fault, Judged

HANG_UP = "detectliveface.hang_up"
"""The ASGI extension that closes the connection: `connection.py` provides it."""

_SCORES = {True: Decimal(99), False: Decimal(12)}
_HANG_SECONDS = 60
_OVERSIZED = 1024 * 1024
_GARBAGE = 160
_PAGE = "<html><body><h1>Bad Gateway</h1></body></html>"


def verdict(action: Action, model: str, judged: Judged, request_id: str) -> dict[str, Any]:
    """Shape a success (detect-live-face.txt §3; api-facts for DetectLiveFaceAccurate).

    A field that means nothing for the model says the same whatever the picture: a Score of 0
    for model 3.0, an IsLiveness of false for 2.0. Who reads it by mistake finds out.
    """
    score = _SCORES[judged.live] if judged.score is None else judged.score
    fields: dict[str, Any] = {"FaceModelVersion": model, "RequestId": request_id}
    if action is Action.DETECT_LIVE_FACE:
        by_score = model == "2.0"
        fields["IsLiveness"] = judged.live and not by_score
        score = score if by_score or judged.score is not None else Decimal(0)
    return {"Response": {"Score": float(score), **fields}}


def error(code: str, message: str, request_id: str) -> dict[str, Any]:
    """Shape a failure (api-facts, "Answers")."""
    return {
        "Response": {"Error": {"Code": code, "Message": message}, "RequestId": request_id},
    }


def document(content: dict[str, Any], drip: int = 0) -> Response:
    """Answer a document of the API, HTTP 200; `drip` milliseconds lie between two bytes."""
    body = _bytes(content)
    if not drip:
        return Response(body, media_type="application/json")
    return StreamingResponse(
        _dripping(body, drip / 1000),
        media_type="application/json",
        headers={"Content-Length": str(len(body))},
    )


def page(status: int) -> Response:
    """Answer an HTML page, as gateways in between do."""
    return HTMLResponse(_PAGE, status)


def fault(kind: Fault, truth: dict[str, Any], chance: Random) -> Response:
    """Answer what is no answer of the API; `truth` is what the answer would have been."""
    body = _bytes(truth)
    match kind:
        case Fault.DROP | Fault.HANG:
            return HungUp(after=_HANG_SECONDS if kind is Fault.HANG else 0)
        case Fault.TRUNCATED:
            return Interrupted(body)
        case Fault.REDIRECT:
            return Response(status_code=302, headers={"Location": "/"})
        case Fault.HTML:
            return page(200)
        case Fault.GARBAGE:
            body = chance.randbytes(_GARBAGE)
        case Fault.EMPTY:
            body = b""
        case Fault.OVERSIZED:
            body += b" " * _OVERSIZED
        case Fault.NO_VERDICT:
            body = _bytes({"Response": {"RequestId": truth["Response"]["RequestId"]}})
    return Response(body, media_type="application/json")


def _bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()


async def _dripping(body: bytes, pause: float) -> AsyncIterator[bytes]:
    for index in range(len(body)):
        await asyncio.sleep(pause)
        yield body[index : index + 1]


class HungUp(Response):
    """No answer: the connection closes after so many seconds."""

    def __init__(self, after: float) -> None:
        super().__init__()
        self.after = after

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Wait for the caller to leave, and leave first once the time is up."""
        try:
            async with asyncio.timeout(self.after):
                await _hung_up(receive)
        except TimeoutError:
            await _hang_up(scope, receive)


class Interrupted(Response):
    """Half of a body that was announced in full, then nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and the first half."""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await _hang_up(scope, receive)


async def _hang_up(scope: Scope, receive: Receive) -> None:
    scope["extensions"][HANG_UP]()
    await _hung_up(receive)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
