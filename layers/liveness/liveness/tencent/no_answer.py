"""Codes of ours for everything that comes back and is no answer of the API."""

from __future__ import annotations

import re

from liveness.errors import ErrorAnswer, ServiceUnreachable

PREFIX = "NoAnswer"
HTTP_STATUS = re.compile(rf"{PREFIX}\.HttpStatus[1-9]\d\d")

# In words of ours alone: nothing of what came back may reach a log through an exception.
NO_ANSWER: dict[str, str] = {
    "ConnectionFailed": "the connection could not be made, or broke off",
    "NotJson": "what came back is not JSON in UTF-8",
    "OutOfTime": "no time was left to ask",
    "ProxyInvalid": "the proxy's address in the environment cannot be used",
    "TimedOut": "no complete answer came in time",
    "TlsFailed": "the server's certificate could not be verified, or TLS failed",
    "TooLarge": "what came back is larger than any answer of the API",
    "WrongShape": "what came back is JSON, but not an answer of the API",
}


def no_answer(name: str, attempts: int, request_id: str | None = None) -> ServiceUnreachable:
    """Build the fault `NoAnswer.<name>`, `name` being one of `NO_ANSWER`."""
    answer = ErrorAnswer(f"{PREFIX}.{name}", NO_ANSWER[name], request_id, attempts)
    return ServiceUnreachable(answer)


def refused_status(status: int, attempts: int) -> ServiceUnreachable:
    """Build the fault of an HTTP status other than 200: the API answers its errors with 200."""
    message = f"HTTP status {status}: something between here and the API answered"
    return ServiceUnreachable(ErrorAnswer(f"{PREFIX}.HttpStatus{status}", message, None, attempts))
