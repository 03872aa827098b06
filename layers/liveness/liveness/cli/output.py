"""What the command prints: rows for people, the API's JSON for programs, advice on errors."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from liveness.errors import (
    AccountBlockedError,
    AwsServiceError,
    CredentialsRefusedError,
    DetectionError,
    ImageDownloadError,
    ImageRejectedByServiceError,
    ImageRejectedError,
    LivenessError,
    RequestRefusedError,
    ServiceUnreachableError,
    ThrottledError,
)
from liveness.models import Outcome
from liveness.tencent.response import DetectLiveFaceResponse

HEADINGS = ("OUTCOME", "SCORE", "MODEL", "REQUEST ID")

# The first that fits counts: the order is from the particular to the general.
_ADVICE: tuple[tuple[type[LivenessError], str], ...] = (
    (CredentialsRefusedError, "check SecretId, SecretKey and token in the console, CAM > API keys"),
    (AccountBlockedError, "see billing, permissions and the Action in the console: {message}"),
    (RequestRefusedError, "check the address and the options of this command: {message}"),
    (ThrottledError, "send fewer requests a second, or try again later"),
    (ImageDownloadError, "the service cannot fetch the address: give the picture as a file"),
    (ServiceUnreachableError, "check --endpoint, --timeout, network and proxy: {message}"),
    (DetectionError, "try again later: {message}"),
    (AwsServiceError, "check --secret-arn, and the AWS credentials and region: {error}"),
)


class FileUnreadableError(LivenessError):
    """A file given on the command line cannot be read; its text says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one image: the service's response, or the error instead of it."""

    name: str
    outcome: Outcome
    response: DetectLiveFaceResponse | None = None
    error: LivenessError | None = None

    def cells(self) -> tuple[str, ...]:
        """The cells under `HEADINGS`; a score only where it decides."""
        if not self.response:
            return self.outcome.value, "-", "-", _describe(self.error)[2] or "-"
        detection = self.response.detection()
        score = "-" if detection.score is None else f"{detection.score:f}"
        return self.outcome.value, score, detection.face_model_version, detection.request_id

    def as_json(self) -> str:
        """`{"Response": …}` on one line, in the shape of the API's responses and errors.

        Where the service did not answer, Code is one of ours and RequestId null.
        """
        if self.response:
            return json.dumps({"Response": _fields(self.response)})
        code, message, request_id = _describe(self.error)
        error = {"Code": code, "Message": message}
        return json.dumps({"Response": {"Error": error, "RequestId": request_id}})

    def error_line(self) -> str | None:
        """One line with the error and what to do; None where there is a response."""
        if self.response:
            return None
        return f"{self.name}: {_describe(self.error)[0]}: {advice_on(self.error)}"


def row(name: str, cells: Sequence[str], width: int) -> str:
    """One line of the table; `width` is that of the longest name."""
    outcome, score, model, request_id = cells
    return f"{name:<{width}}  {outcome:<8}  {score:>7}  {model:<5}  {request_id}".rstrip()


def advice_on(error: LivenessError | None) -> str:
    """What to do about an error: one sentence, without line breaks."""
    if isinstance(error, ImageRejectedError):
        return error.advice
    message = error.response.message if isinstance(error, DetectionError) else ""
    for kind, sentence in _ADVICE:
        if isinstance(error, kind):
            return sentence.format(error=error, message=message)
    return str(error)


def _describe(error: LivenessError | None) -> tuple[str, str, str | None]:
    """Code, message and request id: the service's own, where it answered."""
    if isinstance(error, ImageRejectedByServiceError | DetectionError):
        return error.response.code, error.response.message, error.response.request_id
    code = type(error).__name__.removesuffix("Error")
    if isinstance(error, ImageRejectedError):
        code = f"ImageRejected.{error.reason}"
    return code, advice_on(error), None


def _fields(response: DetectLiveFaceResponse) -> dict[str, str | bool | int | float]:
    fields: dict[str, str | bool | int | float] = {}
    if (score := response.score) is not None:
        fields["Score"] = int(score) if score == int(score) else float(score)
    if response.is_liveness is not None:
        fields["IsLiveness"] = response.is_liveness
    fields["FaceModelVersion"] = response.face_model_version
    fields["RequestId"] = response.request_id
    return fields
