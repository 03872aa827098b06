"""Every error that the API answers, as a problem of RFC 9457 with a stable code."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)

from liveness.errors import AwsServiceError
from upload_api.attempts import AttemptRefusedError, TooManyAttemptsError, UploadOpenError
from upload_api.schemas import ProblemBody
from upload_api.subjects import UnusableSubjectError
from upload_api.uploads import (
    ConcurrentRequestError,
    RevisionChangedError,
    UploadExpiredError,
    UploadNotFoundError,
    VerdictPendingError,
)

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """A status, a stable code, what to do in one sentence, and when to try again (seconds)."""

    status: HTTPStatus
    code: str
    detail: str
    retry_after: int | None = None
    upload_id: str | None = None

    def response(self) -> Response[str]:
        """The answer."""
        body = ProblemBody(
            title=self.status.phrase,
            status=self.status,
            detail=self.detail,
            code=self.code,
            upload_id=self.upload_id,
        )
        retry_after = {"Retry-After": str(self.retry_after)} if self.retry_after else {}
        return Response(
            self.status, CONTENT_TYPE, body.model_dump_json(exclude_none=True), retry_after
        )


_PROBLEMS: Mapping[type[Exception], Problem] = {
    UploadOpenError: Problem(
        HTTPStatus.CONFLICT,
        "upload_open",
        "An earlier upload has no verdict yet. Read its status, or try again later.",
    ),
    TooManyAttemptsError: Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_attempts",
        "Too many uploads. Try again after the time in Retry-After.",
    ),
    UploadNotFoundError: Problem(
        HTTPStatus.NOT_FOUND, "upload_not_found", "You have no upload with this id."
    ),
    NotFoundError: Problem(HTTPStatus.NOT_FOUND, "not_found", "The API has no such path."),
    VerdictPendingError: Problem(
        HTTPStatus.CONFLICT,
        "verdict_pending",
        "The verdict is being decided. Nothing was erased; try again.",
        retry_after=5,
    ),
    UploadExpiredError: Problem(
        HTTPStatus.CONFLICT,
        "upload_expired",
        "The Idempotency-Key is of an upload whose time is over. Use a new one.",
    ),
    RequestUnsupportedContentType: Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", "The body must be application/json."
    ),
    UnusableSubjectError: Problem(
        HTTPStatus.FORBIDDEN,
        "unusable_subject",
        "The token's `sub` must be 1 to 255 visible ASCII characters.",
    ),
    IdempotencyValidationError: Problem(
        HTTPStatus.UNPROCESSABLE_CONTENT,
        "idempotency_key_reused",
        "The Idempotency-Key came with another body before. Use a new one.",
    ),
    **dict.fromkeys(
        (
            ConcurrentRequestError,
            RevisionChangedError,
            IdempotencyAlreadyInProgressError,
            IdempotencyInconsistentStateError,
        ),
        Problem(
            HTTPStatus.CONFLICT,
            "request_in_progress",
            "Another request of yours is being processed. Try again.",
            retry_after=1,
        ),
    ),
    **dict.fromkeys(
        (AwsServiceError, IdempotencyPersistenceLayerError),
        Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "unavailable",
            "The service is not available. Try again.",
            retry_after=5,
        ),
    ),
}
_INTERNAL_ERROR = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal_error",
    "Something went wrong here. Try again later.",
)


def problem_of(error: Exception) -> Problem:
    """What to answer; whatever is not expected is `internal_error`."""
    if isinstance(error, RequestValidationError):
        return Problem(HTTPStatus.UNPROCESSABLE_CONTENT, "invalid_request", _fields(error))
    problem = _PROBLEMS.get(type(error), _INTERNAL_ERROR)
    if isinstance(error, UploadOpenError):
        problem = replace(problem, upload_id=error.upload_id)
    if isinstance(error, AttemptRefusedError):
        problem = replace(problem, retry_after=error.retry_after)
    return problem


def _fields(error: RequestValidationError) -> str:
    """Each field and what is wrong with it, without what was sent."""
    wrong = (
        f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()
    )
    return "; ".join(wrong)
