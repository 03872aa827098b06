"""The API keeps to docs/upload-api.openapi.json, whatever requests schemathesis generates of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.sam_cli import PROJECT
from tests.local_cloud.upload_api.people import Person

EXAMPLES = 40

schema = schemathesis.openapi.from_path(PROJECT / "docs" / "upload-api.openapi.json")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_answer_is_as_documented(
    case: schemathesis.Case[Any], api_url: str, new_person: Callable[[], Person]
) -> None:
    # A new person each time: attempts are limited.
    token = new_person().phone.token

    case.call_and_validate(
        base_url=api_url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
            positive_data_acceptance,
            negative_data_rejection,
        ],
    )
