"""A request of the API, validated before the image is fetched (docs/detectliveface-api.md).

The document does not give the order of the service's checks; here: protocol, size, the common
parameters, the signature, the Action, its parameters.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ValidationError

from liveness.models import Action
from local.detectliveface.errors import ApiError

VERSION = "2020-03-03"
MAX_REQUEST_BYTES = 10 * 1024 * 1024
MODELS: Mapping[Action, tuple[str, ...]] = {
    Action.DETECT_LIVE_FACE: ("2.0", "3.0"),
    Action.DETECT_LIVE_FACE_ACCURATE: ("3.0",),
}
DEFAULT_MODEL = "3.0"
DEFAULT_CALLS_PER_SECOND = 50
# Documented for this Action; the gateway's own code is RequestLimitExceeded. Clients must handle
# both, and this one is more often missed: the official SDK does not retry it.
LIMIT_EXCEEDED = "FailedOperation.RequestLimitExceeded"
# Known of DetectLiveFaceAccurate; assumed for both Actions.
REGIONS = frozenset(
    f"ap-{city}"
    for city in ("beijing", "chengdu", "chongqing", "guangzhou", "nanjing", "shanghai", "singapore")
)
# RFC 3986 and nothing else: other characters must be percent-encoded.
_URL = re.compile(r"https?://(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")


class _Parameters(BaseModel, extra="forbid", strict=True):
    Image: str = ""
    Url: str = ""
    FaceModelVersion: str = ""


@dataclass(frozen=True, slots=True)
class DetectRequest:
    """A valid request, with either `url` or `image`, which is base64 as it was sent."""

    action: Action
    model: str
    url: str | None = None
    image: str | None = None

    @property
    def object(self) -> str | None:
        """The path of `url`, decoded: the only part of it that is kept or logged."""
        return None if self.url is None else unquote(urlsplit(self.url).path)


def check_protocol(method: str, headers: Mapping[str, str], size: int) -> None:
    """Raise ApiError unless it is a POST of JSON within the size limit, with all X-TC headers."""
    if method != "POST":
        raise ApiError("UnsupportedProtocol", "Only POST is supported here")
    if size > MAX_REQUEST_BYTES:
        raise ApiError("RequestSizeLimitExceeded", "The request is larger than 10 MB")
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise ApiError("InvalidParameter", "Content-Type is not application/json")
    for name in ("Action", "Version", "Region"):
        if not headers.get(f"x-tc-{name.lower()}"):
            raise ApiError("MissingParameter", f"X-TC-{name} is missing")


def parse_request(headers: Mapping[str, str], body: bytes) -> DetectRequest:
    """Validate Action, Version, Region and the JSON body; raise ApiError with the code for it."""
    if headers["x-tc-action"] not in set(Action):
        raise ApiError("InvalidAction", "The Action does not exist")
    if headers["x-tc-version"] != VERSION:
        raise ApiError("NoSuchVersion", f"The API has one version: {VERSION}")
    if headers["x-tc-region"] not in REGIONS:
        raise ApiError("UnsupportedRegion", "The Action is not served in this region")
    action = Action(headers["x-tc-action"])
    try:
        parameters = _Parameters.model_validate_json(body)
    except ValidationError as cause:
        is_unknown = "extra_forbidden" in {error["type"] for error in cause.errors()}
        code = "UnknownParameter" if is_unknown else "InvalidParameter"
        raise ApiError(code, "The body is not a JSON object of the Action's parameters") from cause
    model = parameters.FaceModelVersion or DEFAULT_MODEL
    if model not in MODELS[action]:
        code = "InvalidParameterValue.FaceModelVersionIllegal"
        raise ApiError(code, f"{action} has the models {' and '.join(MODELS[action])}")
    if url := parameters.Url:
        if not _is_legal(url):
            code = "InvalidParameterValue.UrlIllegal"
            raise ApiError(code, "Url is not a percent-encoded http(s) URL")
        return DetectRequest(action, model, url=url)
    if parameters.Image:
        return DetectRequest(action, model, image=parameters.Image)
    raise ApiError("MissingParameter.ErrorParameterEmpty", "Neither Url nor Image is given")


def _is_legal(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(_URL.fullmatch(url) and parts.hostname and parts.port != 0)
    except ValueError:
        return False


class RateLimit:
    """At most `per_second` calls within any second of `clock`; None for no limit."""

    def __init__(self, per_second: int | None, clock: Callable[[], float]) -> None:
        self.per_second = per_second
        self._clock = clock
        self._accepted: deque[float] = deque()

    def check(self) -> None:
        """Count one more call. Raises ApiError over the limit; refused calls do not count."""
        now = self._clock()
        while self._accepted and self._accepted[0] <= now - 1:
            self._accepted.popleft()
        if self.per_second is not None and len(self._accepted) >= self.per_second:
            raise ApiError(LIMIT_EXCEEDED, "The request frequency exceeds the limit")
        self._accepted.append(now)
