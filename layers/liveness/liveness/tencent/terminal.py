"""What the command line prints: rows for people, the API's shape for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from liveness.errors import (
    AccountBlocked,
    CredentialsRefused,
    LivenessError,
    PictureNotDownloaded,
    PictureRejected,
    PictureUnfit,
    RequestRefused,
    ServiceFault,
    ServiceUnreachable,
    StorageFault,
    Throttled,
)
from liveness.model import Detection, Outcome
from liveness.tencent.answer import Answer, DetectLiveFaceAnswer

HEADINGS = ("OUTCOME", "SCORE", "MODEL", "REQUEST ID")

# The first that fits counts: the order is from the particular to the general.
_TO_DO: tuple[tuple[type[LivenessError], str], ...] = (
    (CredentialsRefused, "check SecretId, SecretKey and token in the console, CAM > API keys"),
    (AccountBlocked, "see billing, permissions and the Action in the console: {message}"),
    (RequestRefused, "check the address and the options of this command: {message}"),
    (Throttled, "send fewer requests a second, or try again later"),
    (PictureNotDownloaded, "the service cannot fetch the address: give the picture as a file"),
    (ServiceUnreachable, "check --endpoint, --timeout, network and proxy: {message}"),
    (ServiceFault, "try again later: {message}"),
    (StorageFault, "check --secret-arn, and the AWS credentials and region: {error}"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """How one picture fared: an answer, or the error that stood in the way."""

    name: str
    outcome: Outcome
    answer: Answer | None = None
    error: LivenessError | None = None

    def cells(self) -> tuple[str, ...]:
        """What stands under `HEADINGS`; a score only where it means something."""
        detection = self.answer.detection() if self.answer else None
        score = detection.score if detection else None
        return (
            self.outcome.value,
            "-" if score is None else f"{score:f}",
            detection.face_model_version if detection else "-",
            _request_id(detection, self.error) or "-",
        )

    def as_json(self) -> str:
        """`{"Response": …}` on one line, in the shape of detect-live-face.txt §3 and its errors.

        Where no answer of the service is at hand, Code is one of ours and RequestId null.
        """
        if self.answer:
            return json.dumps({"Response": _fields(self.answer)})
        error = {"Code": _code(self.error), "Message": _message(self.error)}
        request_id = _request_id(None, self.error)
        return json.dumps({"Response": {"Error": error, "RequestId": request_id}})

    def complaint(self) -> str | None:
        """One line that says what to do; None where there is an answer."""
        if self.answer:
            return None
        return f"{self.name}: {_code(self.error)}: {what_to_do(self.error)}"


class FileUnreadable(LivenessError):
    """A file given on the command line cannot be read; its text says why."""


def row(name: str, cells: Sequence[str], width: int) -> str:
    """One line of the table; `width` is that of the longest name."""
    outcome, score, model, request_id = cells
    return f"{name:<{width}}  {outcome:<8}  {score:>7}  {model:<5}  {request_id}".rstrip()


def what_to_do(error: LivenessError | None) -> str:
    """One sentence, without line breaks."""
    if isinstance(error, PictureUnfit):
        return error.advice
    message = error.answer.message if isinstance(error, ServiceFault) else ""
    for kind, sentence in _TO_DO:
        if isinstance(error, kind):
            return sentence.format(error=error, message=message)
    return str(error)


def _code(error: LivenessError | None) -> str:
    match error:
        case PictureRejected() | ServiceFault():
            return error.answer.code
        case PictureUnfit():
            return f"{PictureUnfit.__name__}.{error.reason}"
    return type(error).__name__


def _message(error: LivenessError | None) -> str:
    """The service's own words, where there are any."""
    if isinstance(error, PictureRejected | ServiceFault):
        return error.answer.message
    return what_to_do(error)


def _request_id(detection: Detection | None, error: LivenessError | None) -> str | None:
    if detection:
        return detection.request_id
    if isinstance(error, PictureRejected | ServiceFault):
        return error.answer.request_id
    return None


def _fields(answer: Answer) -> dict[str, str | bool | int | float]:
    fields: dict[str, str | bool | int | float] = {}
    if answer.score is not None:
        fields["Score"] = _number(answer.score)
    if isinstance(answer, DetectLiveFaceAnswer) and answer.is_liveness is not None:
        fields["IsLiveness"] = answer.is_liveness
    fields["FaceModelVersion"] = answer.face_model_version
    fields["RequestId"] = answer.request_id
    return fields


def _number(score: Decimal) -> int | float:
    return int(score) if score == int(score) else float(score)
