"""How each of AWS's services says that it failed, or that it is asked too much."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.faults.harm import Harm


@dataclass(frozen=True, slots=True)
class Refusal:
    """A whole answer: status, content type and body."""

    status: int
    content_type: str
    body: bytes


# Codes as the services' API references have them, under "Errors" and "Common Errors".
_CODES = {
    ("dynamodb", Harm.FAILS): (500, "InternalServerError"),
    ("dynamodb", Harm.THROTTLES): (400, "ProvisionedThroughputExceededException"),
    ("secretsmanager", Harm.FAILS): (500, "InternalServiceError"),
    ("secretsmanager", Harm.THROTTLES): (400, "ThrottlingException"),
    ("sqs", Harm.FAILS): (500, "InternalFailure"),
    ("sqs", Harm.THROTTLES): (400, "RequestThrottled"),
    ("sns", Harm.FAILS): (500, "InternalError"),
    ("sns", Harm.THROTTLES): (400, "Throttling"),
    ("s3", Harm.FAILS): (500, "InternalError"),
    ("s3", Harm.THROTTLES): (503, "SlowDown"),
}


def refusal_of(service: str, harm: Harm) -> Refusal:
    """The answer in the service's own protocol."""
    status, code = _CODES[service, harm]
    match service:
        case "s3":
            told = f"<Error><Code>{code}</Code><Message>on purpose</Message></Error>"
            return Refusal(status, "application/xml", told.encode())
        case "sns":
            told = (
                '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error>'
                f"<Type>Receiver</Type><Code>{code}</Code><Message>on purpose</Message>"
                "</Error><RequestId>on-purpose</RequestId></ErrorResponse>"
            )
            return Refusal(status, "text/xml", told.encode())
    body = json.dumps({"__type": code, "message": "on purpose"})
    return Refusal(status, "application/x-amz-json-1.0", body.encode())
