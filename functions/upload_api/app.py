"""The Lambda function's handler: gives the event of API Gateway to the routes."""

import os
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from liveness.errors import AwsServiceError
from upload_api.bootstrap import bootstrap
from upload_api.problems import problem_of
from upload_api.routes import api

logger = Logger()
metrics = Metrics()


def _count_lockout() -> None:
    metrics.add_metric("Lockouts", MetricUnit.Count, 1)


def _log_problem(error: Exception) -> None:
    # Neither texts nor tracebacks: they may quote what the phone sent.
    problem, error_type = problem_of(error), type(error).__name__
    log = logger.error if problem.status.is_server_error else logger.info
    log("problem", code=problem.code, error_type=error_type, cause=_cause(error))


def _cause(error: Exception) -> str | None:
    return str(error) if isinstance(error, AwsServiceError) else None


application = bootstrap(os.environ, _count_lockout, _log_problem)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    application.start.register_lambda_context(context)
    api.append_context(application=application)  # type: ignore[no-untyped-call]
    response = api.resolve(event, context)
    started = response["statusCode"] == HTTPStatus.CREATED
    metrics.add_metric("StartedUploads", MetricUnit.Count, int(started))
    return response
