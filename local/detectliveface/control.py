"""The control endpoint: JSON without authentication (README.md, "Control")."""

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, NonNegativeInt, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from liveness.credentials import TencentCredentials
from liveness.errors import CredentialsMissingError
from local.detectliveface.service import Service
from local.detectliveface.stub_rules import DEFAULT_SEED, Rule


class _Body(BaseModel, extra="forbid", strict=True):
    pass


class _Rules(_Body):
    rules: list[Rule]
    seed: int = DEFAULT_SEED


class _Key(_Body):
    SecretId: str
    SecretKey: str
    Token: str | None = None


class _Credentials(_Body):
    credentials: list[_Key]


class _Rate(_Body):
    per_second: NonNegativeInt | None = None


def control_app(service: Service) -> Starlette:
    """The app that controls a service, to be mounted under `/_control`."""

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def calls(request: Request) -> Response:
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit()):
            raise ValueError("after is the number of a call")
        return JSONResponse(asdict(service.request_log.read(int(after))))

    async def rules(request: Request) -> Response:
        body = _Rules.model_validate_json(await request.body())
        service.stub_rules.replace(body.rules, body.seed)
        return JSONResponse({"rules": len(body.rules), "seed": body.seed})

    async def credentials(request: Request) -> Response:
        keys = _Credentials.model_validate_json(await request.body()).credentials
        accepted = [TencentCredentials(key.SecretId, key.SecretKey, key.Token) for key in keys]
        service.keyring.replace(accepted)
        return JSONResponse({"accepted": len(accepted)})

    async def rate(request: Request) -> Response:
        per_second = _Rate.model_validate_json(await request.body()).per_second
        service.rate_limit.per_second = per_second
        return JSONResponse({"per_second": per_second})

    async def reset(_request: Request) -> Response:
        service.reset()
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/health", health, methods=["GET"]),
            Route("/calls", calls, methods=["GET"]),
            Route("/rules", rules, methods=["POST"]),
            Route("/credentials", credentials, methods=["PUT"]),
            Route("/rate", rate, methods=["PUT"]),
            Route("/reset", reset, methods=["POST"]),
        ],
        exception_handlers={ValueError: _report, CredentialsMissingError: _report},
    )


async def _report(_request: Request, error: Any) -> Response:
    problem = str(error)
    if isinstance(error, ValidationError):
        problem = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
    return JSONResponse({"problem": problem}, 400)
