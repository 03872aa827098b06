"""The error responses of AWS's services, for internal errors and for throttling."""

from __future__ import annotations

import json

from starlette.responses import Response

from tests.faults.fault_rules import Fault

# Codes of the services' API references, under "Errors" and "Common Errors".
_CODES = {
    ("dynamodb", Fault.ERROR): (500, "InternalServerError"),
    ("dynamodb", Fault.THROTTLING): (400, "ProvisionedThroughputExceededException"),
    ("secretsmanager", Fault.ERROR): (500, "InternalServiceError"),
    ("secretsmanager", Fault.THROTTLING): (400, "ThrottlingException"),
    ("sqs", Fault.ERROR): (500, "InternalFailure"),
    ("sqs", Fault.THROTTLING): (400, "RequestThrottled"),
    ("sns", Fault.ERROR): (500, "InternalError"),
    ("sns", Fault.THROTTLING): (400, "Throttling"),
    ("s3", Fault.ERROR): (500, "InternalError"),
    ("s3", Fault.THROTTLING): (503, "SlowDown"),
}


def error_response(service: str, fault: Fault) -> Response:
    """The error in the service's own protocol."""
    status, code = _CODES[service, fault]
    match service:
        case "s3":
            body = f"<Error><Code>{code}</Code><Message>injected</Message></Error>"
            return Response(body, status, media_type="application/xml")
        case "sns":
            body = (
                '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error>'
                f"<Type>Receiver</Type><Code>{code}</Code><Message>injected</Message>"
                "</Error><RequestId>injected</RequestId></ErrorResponse>"
            )
            return Response(body, status, media_type="text/xml")
    body = json.dumps({"__type": code, "message": "injected"})
    return Response(body, status, media_type="application/x-amz-json-1.0")
