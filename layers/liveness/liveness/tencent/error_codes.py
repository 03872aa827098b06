"""What each error code means, and which exception it becomes.

The codes are in `error_codes.csv`; docs/error-codes.md is the same table for readers.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from liveness import image_rules
from liveness.errors import (
    AccountBlockedError,
    CredentialsRefusedError,
    DetectionError,
    ImageDownloadError,
    ImageRejectedByServiceError,
    LivenessError,
    RequestRefusedError,
    ServiceUnreachableError,
    ThrottledError,
    TransientError,
    UnknownModelError,
)
from liveness.models import ErrorResponse

_FILE = Path(__file__).with_suffix(".csv")
# The one transient error that another URL, or the image inline, can get around.
_NOT_DOWNLOADED = "FailedOperation.ImageDownloadError"
_SHARED_REASONS = ["empty_file", "file_too_large", "resolution_too_large", "resolution_too_small"]
_OWN_PREFIX = "NoAnswer"
UNKNOWN_MODEL = f"{_OWN_PREFIX}.UnknownModel"
_OWN_HTTP_STATUS = re.compile(rf"{_OWN_PREFIX}\.HttpStatus[1-9]\d\d")


class Kind(StrEnum):
    """Who can act on it (docs/detectliveface-api.md, "Failure kinds")."""

    IMAGE = "image"
    TRANSIENT = "transient"
    THROTTLE = "throttle"
    CREDENTIALS = "credentials"
    ACCOUNT = "account"
    REQUEST = "request"
    OTHER_ACTION = "other_action"


class Retry(StrEnum):
    """Whether the same request may succeed later; `limited` is worth one more attempt."""

    YES = "yes"
    LIMITED = "limited"
    NO = "no"


_ERRORS: Mapping[str, type[DetectionError]] = {
    error.kind: error
    for error in (TransientError, ThrottledError, CredentialsRefusedError, AccountBlockedError)
}

# Where the service finds what our own rules find too, reason and advice are the same.
ADVICE: Mapping[str, str] = {
    "decode_failed": "Take a new picture and send it as JPEG, PNG or BMP.",
    "face_not_detected": "Take a new picture, facing the camera in good, even light.",
    "face_too_small": "Move closer so that your face fills more of the picture.",
    "no_face": "Take a new picture with your whole face in it.",
    "photo_not_accepted": "Take a new picture of yourself, directly with the camera.",
    "poor_quality": "Take a sharper picture in good light with nothing covering your face.",
    "too_many_faces": "Take a new picture with nobody but you in it.",
    "unsuitable_size": "Take a new picture with the camera's usual settings.",
    **{reason: image_rules.ADVICE[reason] for reason in _SHARED_REASONS},
}
"""What an app can show for each reason of an error of the kind `image`."""

# In our words alone: nothing of what came back may reach a log through an exception.
NO_ANSWER: Mapping[str, str] = {
    "ConnectionFailed": "the connection could not be made, or broke off",
    "NotJson": "what came back is not JSON in UTF-8",
    "OutOfTime": "no time was left to ask",
    "ProxyInvalid": "the proxy's address in the environment cannot be used",
    "TimedOut": "no complete answer came in time",
    "TlsFailed": "the server's certificate could not be verified, or TLS failed",
    "TooLarge": "what came back is larger than any answer of the API",
    "UnknownModel": "the answer is from a face model that no rule is about",
    "WrongShape": "what came back is JSON, but not an answer of the API",
}
"""Our own codes, each with the prefix `NoAnswer.`, for responses that are none of the API."""


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row of the table; `reason` only where another picture helps.

    `origin` is the list that the code comes from: `document` is section 6 of the API document.
    """

    code: str
    kind: Kind
    retry: Retry
    origin: str
    reason: str | None
    meaning: str


@cache
def error_codes() -> Mapping[str, ErrorCode]:
    """Read the table, once: all codes of the Action, the product and the platform."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: ErrorCode(
                row["code"],
                Kind(row["kind"]),
                Retry(row["retry"]),
                row["origin"],
                row["reason"] or None,
                row["meaning"],
            )
            for row in csv.DictReader(file)
        }


def lookup(code: str) -> ErrorCode | None:
    """The row of a code, else of its longest dotted prefix, else None.

    A prefix never counts as an error of the image.
    """
    table = error_codes()
    if code in table:
        return table[code]
    prefix, dot, _ = code.rpartition(".")
    while dot:
        if prefix in table and table[prefix].kind is not Kind.IMAGE:
            return table[prefix]
        prefix, dot, _ = prefix.rpartition(".")
    return None


def listed(code: str) -> str:
    """The code itself if it is in the table or our own, else "unlisted".

    It bounds the number of values that a metric's dimension can have, whatever a service answers.
    """
    is_own = code.removeprefix(f"{_OWN_PREFIX}.") in NO_ANSWER or _OWN_HTTP_STATUS.fullmatch(code)
    return code if is_own or code in error_codes() else "unlisted"


def error_for(response: ErrorResponse) -> LivenessError:
    """The exception for an error response; RequestRefusedError for an unknown code."""
    entry = lookup(response.code)
    if entry is None:
        return RequestRefusedError(response)
    if entry.reason:
        return ImageRejectedByServiceError(entry.reason, ADVICE[entry.reason], response)
    if entry.code == _NOT_DOWNLOADED:
        return ImageDownloadError(response)
    return _ERRORS.get(entry.kind, RequestRefusedError)(response)


def no_answer(name: str, attempts: int, request_id: str | None = None) -> ServiceUnreachableError:
    """The exception with the code `NoAnswer.<name>`, `name` being one of `NO_ANSWER`."""
    code = f"{_OWN_PREFIX}.{name}"
    return ServiceUnreachableError(ErrorResponse(code, NO_ANSWER[name], request_id, attempts))


def unknown_model(attempts: int, request_id: str) -> UnknownModelError:
    """The exception for an answer that was billed and cannot be decided by."""
    message = NO_ANSWER["UnknownModel"]
    return UnknownModelError(ErrorResponse(UNKNOWN_MODEL, message, request_id, attempts))


def http_status(status: int, attempts: int) -> ServiceUnreachableError:
    """The exception for an HTTP status other than 200: the API reports its errors with 200."""
    code = f"{_OWN_PREFIX}.HttpStatus{status}"
    message = f"HTTP status {status}: something between here and the API answered"
    return ServiceUnreachableError(ErrorResponse(code, message, None, attempts))
