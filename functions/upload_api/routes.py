"""The routes: each translates a request, calls the use case, and answers.

`docs/upload-api.openapi.json` is generated from them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from upload_api.idempotency import IdempotentStart
from upload_api.problems import CONTENT_TYPE, problem_of
from upload_api.schemas import (
    ProblemBody,
    UploadAnswer,
    UploadBody,
    UploadCreated,
    answer,
    created,
)
from upload_api.uploads import Person, Uploads

LONGEST_WAIT = 20
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Application:
    """What the routes call; `person` makes a Person of a token's subject."""

    start: IdempotentStart
    uploads: Uploads
    person: Callable[[object], Person]
    on_problem: Callable[[Exception], None]


def _responses(
    success: HTTPStatus, description: str, model: type[BaseModel] | None, *problems: HTTPStatus
) -> dict[int, Any]:
    """What OpenAPI says of a route's answers; 401 is given by API Gateway itself."""
    content = {_JSON: {"model": model}} if model else {}
    problem = {CONTENT_TYPE: {"model": ProblemBody}}
    return {
        success.value: {"description": description, "content": content},
        HTTPStatus.UNAUTHORIZED.value: {"description": "No valid token.", "content": {}},
        **{
            status.value: {"description": status.phrase, "content": problem}
            for status in (
                *problems,
                HTTPStatus.FORBIDDEN,
                HTTPStatus.UNPROCESSABLE_CONTENT,
                HTTPStatus.INTERNAL_SERVER_ERROR,
                HTTPStatus.SERVICE_UNAVAILABLE,
            )
        },
    }


def _json(content: Mapping[str, Any]) -> str:
    """An answer without the fields that have no meaning in it."""
    return json.dumps({name: value for name, value in content.items() if value is not None})


class _JsonApi(APIGatewayHttpResolver):
    """Takes JSON only: Powertools would read forms, too, and fail on some of them."""

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request."""
        headers = event.get("headers", {})
        if not headers.get("content-type", _JSON).startswith(_JSON):
            # A type that Powertools refuses.
            event = {**event, "headers": {**headers, "content-type": "application/octet-stream"}}
        return super().resolve(event, context)


api = _JsonApi(enable_validation=True, serializer=_json)


@api.post(
    "/v1/uploads",
    summary="Start an upload",
    status_code=HTTPStatus.CREATED.value,
    responses=_responses(
        HTTPStatus.CREATED,
        "Send the picture within five minutes.",
        UploadCreated,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
    ),
    operation_id="startUpload",
)
def start_upload(
    body: UploadBody,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            pattern=r"^[!-~]{1,255}$",
            description="The same key returns the same upload for a day.",
        ),
    ] = None,
) -> UploadCreated:
    """Answer with a form for one picture, of the person whose token it is."""
    application = _application()
    return created(application.start(_person(application), body, idempotency_key))


@api.get(
    "/v1/uploads/<upload_id>",
    summary="Read the status of an upload",
    responses=_responses(
        HTTPStatus.OK, "The verdict, or that it is pending.", UploadAnswer, HTTPStatus.NOT_FOUND
    ),
    operation_id="readUpload",
)
def read_upload(
    upload_id: str,
    wait: Annotated[
        int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the verdict.")
    ] = 0,
) -> UploadAnswer:
    """Answer with the verdict, or that it is pending."""
    application = _application()
    status = application.uploads.status(_person(application), upload_id, timedelta(seconds=wait))
    return answer(status)


@api.delete(
    "/v1/uploads/<upload_id>",
    summary="Erase an upload",
    status_code=HTTPStatus.NO_CONTENT.value,
    responses=_responses(
        HTTPStatus.NO_CONTENT, "It is erased.", None, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT
    ),
    operation_id="eraseUpload",
)
def erase_upload(upload_id: str) -> Response[str]:
    """Erase the picture and its verdict."""
    application = _application()
    application.uploads.erase(_person(application), upload_id)
    # Not null, which API Gateway takes and the local cloud does not.
    return Response(HTTPStatus.NO_CONTENT, body="")


@api.exception_handler([NotFoundError, RequestValidationError, Exception])  # type: ignore[untyped-decorator]  # Powertools has no types here
def problem(error: Exception) -> Response[str]:
    """Answer with what went wrong."""
    _application().on_problem(error)
    return problem_of(error).response()


def _application() -> Application:
    application: Application = api.context["application"]
    return application


def _person(application: Application) -> Person:
    claims: dict[str, Any] = api.current_event.request_context.authorizer.jwt_claim
    return application.person(claims.get("sub"))
