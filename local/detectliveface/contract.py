"""What is asked: one request of the API checked against its contract, before any picture.

detect-live-face.txt §2 and api-facts ("State of the Action", "Signature", "Limits"). The
documents do not say in which order the service checks; here: protocol, size, the common
parameters, the signature, the Action, its parameters.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from liveness.model import Action
from local.detectliveface.refusal import Refusal

VERSION = "2020-03-03"
MAX_REQUEST_BYTES = 10 * 1024 * 1024
MODELS: Mapping[Action, tuple[str, ...]] = {
    Action.DETECT_LIVE_FACE: ("2.0", "3.0"),
    Action.DETECT_LIVE_FACE_ACCURATE: ("3.0",),
}
DEFAULT_MODEL = "3.0"
# Known of DetectLiveFaceAccurate; taken to hold for both.
REGIONS = frozenset(
    f"ap-{city}"
    for city in ("beijing", "chengdu", "chongqing", "guangzhou", "nanjing", "shanghai", "singapore")
)
PARAMETERS = frozenset({"Image", "Url", "FaceModelVersion"})

# RFC 3986, and nothing but it: other characters must arrive percent-encoded.
_URL = re.compile(r"https?://(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True)
class Question:
    """A call that keeps to the contract. Exactly one of `url` and `image` is there.

    `image` is the base64 text as it was sent.
    """

    action: Action
    model: str
    url: str | None = None
    image: str | None = None

    @property
    def object(self) -> str | None:
        """The path of `url`, decoded: all that is ever kept or shown of it."""
        return None if self.url is None else unquote(urlsplit(self.url).path)


def check_protocol(method: str, headers: Mapping[str, str], size: int) -> None:
    """Raise Refusal for anything but a POST of JSON within the size limit."""
    if method != "POST":
        raise Refusal("UnsupportedProtocol", "Only POST is supported here")
    if size > MAX_REQUEST_BYTES:
        raise Refusal("RequestSizeLimitExceeded", "The request is larger than 10 MB")
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refusal("InvalidParameter", "Content-Type is not application/json")


def check_common_parameters(headers: Mapping[str, str]) -> None:
    """Raise Refusal where Action, Version or Region is missing."""
    for name in ("Action", "Version", "Region"):
        if not headers.get(f"x-tc-{name.lower()}"):
            raise Refusal("MissingParameter", f"X-TC-{name} is missing")


def question_in(headers: Mapping[str, str], body: bytes) -> Question:
    """Check Action, Version, Region and the JSON body; raise Refusal with the documented code."""
    if headers["x-tc-action"] not in set(Action):
        raise Refusal("InvalidAction", "The Action does not exist")
    if headers["x-tc-version"] != VERSION:
        raise Refusal("NoSuchVersion", f"The API has one version: {VERSION}")
    if headers["x-tc-region"] not in REGIONS:
        raise Refusal("UnsupportedRegion", "The Action is not served in this region")
    action = Action(headers["x-tc-action"])
    parameters = _parameters_in(body)
    model = parameters.get("FaceModelVersion") or DEFAULT_MODEL
    if model not in MODELS[action]:
        raise Refusal(
            "InvalidParameterValue.FaceModelVersionIllegal",
            f"{action} knows {' and '.join(MODELS[action])}",
        )
    if url := parameters.get("Url"):
        _check_url(url)
        return Question(action, model, url=url)
    if image := parameters.get("Image"):
        return Question(action, model, image=image)
    raise Refusal("MissingParameter.ErrorParameterEmpty", "Neither Url nor Image is given")


def _parameters_in(body: bytes) -> dict[str, str]:
    try:
        parameters = json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise Refusal("InvalidParameter", "The body is not JSON") from cause
    if not isinstance(parameters, dict):
        raise Refusal("InvalidParameter", "The body is not a JSON object")
    if not parameters.keys() <= PARAMETERS:
        raise Refusal("UnknownParameter", "The body has a parameter that the Action does not know")
    if not all(isinstance(value, str) for value in parameters.values()):
        raise Refusal("InvalidParameter", "A parameter is not a String")
    return parameters


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = bool(_URL.fullmatch(url) and parts.hostname and parts.port != 0)
    except ValueError as cause:
        raise Refusal("InvalidParameterValue.UrlIllegal", "Url names no host") from cause
    if not usable:
        raise Refusal(
            "InvalidParameterValue.UrlIllegal", "Url is not a percent-encoded http(s) address"
        )


def sha256_of(content: bytes) -> str:
    """The name that pictures go by where their bytes are known."""
    return hashlib.sha256(content).hexdigest()
