"""The control endpoint: JSON in, JSON out, no authentication (README.md, "Control").

=====================  ==================================================================
GET  health            `{"status": "ok"}`
GET  calls?after=N     the journal, of its calls those numbered above N, and the counts
POST rules             `{"rules": [{"effect": …, …}], "seed": 7}` instead of all others
PUT  credentials       `{"credentials": [{"SecretId", "SecretKey", "Token"?}]}`, likewise
PUT  rate              `{"per_second": 50}`, null for no limit
POST reset             forget calls, rules and pictures' names; keys and rate stay
=====================  ==================================================================

What cannot be read is answered 400 and `{"problem": …}`, and changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from liveness.errors import CredentialsMissing
from liveness.tencent.signing import Credentials
from local.detectliveface.effect import effect_in
from local.detectliveface.script import DEFAULT_SEED, Rule
from local.detectliveface.service import Service

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXTS = ("effect", "name", "sha256", "action")
_BOUNDS = ("times", "times_in_all")
_RULE = frozenset({*_TEXTS, *_BOUNDS, "probability"})
_KEY = frozenset({"SecretId", "SecretKey"})


class ControlEndpoint:
    """Steers one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted under `/_control`."""
        return [
            Route("/health", _refusing(self.health), methods=["GET"]),
            Route("/calls", _refusing(self.calls), methods=["GET"]),
            Route("/rules", _refusing(self.rules), methods=["POST"]),
            Route("/credentials", _refusing(self.credentials), methods=["PUT"]),
            Route("/rate", _refusing(self.rate), methods=["PUT"]),
            Route("/reset", _refusing(self.reset), methods=["POST"]),
        ]

    async def health(self, _request: Request) -> dict[str, Any]:
        """Answer at all."""
        return {"status": "ok"}

    async def calls(self, request: Request) -> dict[str, Any]:
        """Tell the journal."""
        after = request.query_params.get("after", "0")
        _require(after.isascii() and after.isdigit(), "after is the number of a call")
        return self._service.journal.told(int(after))

    async def rules(self, request: Request) -> dict[str, Any]:
        """Replace the rules."""
        told = await _object_in(request, {"rules", "seed"})
        rules, seed = told.get("rules"), told.get("seed", DEFAULT_SEED)
        _require(isinstance(rules, list), "rules is a list")
        _require(type(seed) is int, "seed is a whole number")
        self._service.script.replace([rule_in(fields) for fields in told["rules"]], seed)
        return {"rules": len(told["rules"]), "seed": seed}

    async def credentials(self, request: Request) -> dict[str, Any]:
        """Replace the accepted keys."""
        told = await _object_in(request, {"credentials"})
        _require(isinstance(told.get("credentials"), list), "credentials is a list")
        accepted = [credentials_in(fields) for fields in told["credentials"]]
        self._service.keyring.replace(accepted)
        return {"accepted": len(accepted)}

    async def rate(self, request: Request) -> dict[str, Any]:
        """Replace the limit."""
        per_second = (await _object_in(request, {"per_second"})).get("per_second")
        _require(
            per_second is None or (type(per_second) is int and per_second >= 0),
            "per_second is a whole number, or null for no limit",
        )
        self._service.limit.per_second = per_second
        return {"per_second": per_second}

    async def reset(self, _request: Request) -> dict[str, Any]:
        """Forget."""
        self._service.forget()
        return {"status": "ok"}


def rule_in(fields: Any) -> Rule:
    """Read a rule; raise ValueError saying what is wrong with it."""
    _require(isinstance(fields, dict), "a rule is an object")
    _require(fields.keys() <= _RULE, f"a rule has some of: {', '.join(sorted(_RULE))}")
    for name in _TEXTS:
        _require(isinstance(fields.get(name, ""), str), f"{name} is a text")
    for name in _BOUNDS:
        bound = fields.get(name, 0)
        _require(type(bound) is int and bound >= 0, f"{name} is a whole number, not below zero")
    probability = fields.get("probability", 1)
    _require(
        type(probability) in {int, float} and 0 <= probability <= 1,
        "probability is a number from 0 to 1",
    )
    _require(
        _SHA256.fullmatch(fields.get("sha256", "0" * 64)) is not None,
        "sha256 is 64 hexadecimal digits in lower case",
    )
    effect = effect_in(fields.get("effect", ""))
    _require(effect.first is None, "in a rule, times says what first- says in a name")
    return Rule(**{**fields, "effect": effect})


def credentials_in(fields: Any) -> Credentials:
    """Read a key; raise ValueError or CredentialsMissing saying what is wrong, not what it is."""
    _require(
        isinstance(fields, dict)
        and _KEY <= fields.keys() <= {*_KEY, "Token"}
        and all(isinstance(value, str) for value in fields.values()),
        "credentials are SecretId, SecretKey and perhaps Token, all texts",
    )
    return Credentials(fields["SecretId"], fields["SecretKey"], fields.get("Token"))


def _refusing(
    endpoint: Callable[[Request], Awaitable[dict[str, Any]]],
) -> Callable[[Request], Awaitable[Response]]:
    async def refusing(request: Request) -> Response:
        try:
            return JSONResponse(await endpoint(request))
        except (ValueError, CredentialsMissing) as problem:
            return JSONResponse({"problem": str(problem)}, 400)

    return refusing


async def _object_in(request: Request, names: set[str]) -> dict[str, Any]:
    try:
        told = json.loads(await request.body())
    except (ValueError, RecursionError) as cause:
        raise ValueError("the body is not JSON") from cause
    _require(
        isinstance(told, dict) and told.keys() <= names,
        f"the body is an object with: {', '.join(sorted(names))}",
    )
    fields: dict[str, Any] = told
    return fields


def _require(met: bool, otherwise: str) -> None:
    if not met:
        raise ValueError(otherwise)
