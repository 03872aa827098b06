"""Where the service is and what a request asks for: endpoint, region, Action, body."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests import Request

from liveness.errors import LivenessError
from liveness.models import Action, ErrorResponse
from liveness.tencent.error_codes import error_for

VERSION = "2020-03-03"
ENDPOINT = "https://iai.tencentcloudapi.com"
REGION = "ap-guangzhou"
LANGUAGES = ("en-US", "zh-CN")
MODELS: Mapping[Action, tuple[str, ...]] = {
    Action.DETECT_LIVE_FACE: ("2.0", "3.0"),
    Action.DETECT_LIVE_FACE_ACCURATE: ("3.0",),
}
# "Up to 10 MB": the smaller of the two megabytes satisfies either reading.
MAX_REQUEST_BYTES = 10_000_000

# RFC 3986: what is not among these characters must be percent-encoded.
_URL = r"https?://[\w.\-\[\]:@%]+(?:[/?](?:[\w.\-~:/?\[\]@!$&'()*+,;=]|%[\da-f]{2})*)?"


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Settings of all requests; without `face_model_version` the account's default is used.

    Raises ValueError for a wrong setting; its text says what to do.
    """

    endpoint: str = ENDPOINT
    region: str = REGION
    action: Action = Action.DETECT_LIVE_FACE
    face_model_version: str | None = None
    language: str = "en-US"

    def __post_init__(self) -> None:
        _check_endpoint(self.endpoint)
        if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", self.region):
            raise ValueError("the region must be named as Tencent Cloud does: ap-singapore")
        if self.language not in LANGUAGES:
            raise ValueError(f"the language must be one of {', '.join(LANGUAGES)}")
        models = MODELS[self.action]
        if self.face_model_version and self.face_model_version not in models:
            raise ValueError(f"{self.action} knows the face models {', '.join(models)}")

    def body(self, *, url: str | None = None, image: bytes | None = None) -> bytes:
        """The JSON body for one image, given by its URL or by its bytes.

        Raises, with no attempt counted, what the service's own answer would raise: for a URL
        that is not percent-encoded, an empty image, a request that is too large.
        """
        if (url is None) == (image is None):
            raise ValueError("give one of url and image")
        parameters: dict[str, str] = {}
        if url is not None:
            if not re.fullmatch(_URL, url, re.ASCII | re.IGNORECASE):
                raise _not_sent("InvalidParameterValue.UrlIllegal", "must be percent-encoded")
            parameters["Url"] = url
        if image is not None:
            if not image:
                raise _not_sent("InvalidParameterValue.ImageEmpty", "the image has no bytes")
            parameters["Image"] = base64.b64encode(image).decode("ascii")
        if self.face_model_version:
            parameters["FaceModelVersion"] = self.face_model_version
        body = json.dumps(parameters).encode("ascii")
        if len(body) > MAX_REQUEST_BYTES:
            raise _not_sent("RequestSizeLimitExceeded", f"more than {MAX_REQUEST_BYTES:,} bytes")
        return body

    def request(self, body: bytes) -> Request:
        """The request with that body, without a signature."""
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "X-TC-Action": self.action.value,
            "X-TC-Version": VERSION,
            "X-TC-Region": self.region,
            "X-TC-Language": self.language,
        }
        return Request("POST", self.endpoint, headers=headers, data=body)


def _not_sent(code: str, message: str) -> LivenessError:
    return error_for(ErrorResponse(code, f"not sent: {message}", attempts=0))


def _check_endpoint(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        is_address = _is_host(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError(f"the endpoint must be an address such as {ENDPOINT}")
    if parts.username is not None or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("the endpoint must be scheme, host and port alone")
    is_loopback = re.fullmatch(r"localhost|::1|127(\.\d{1,3}){3}", parts.hostname or "")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback):
        raise ValueError("the endpoint must use https; plain http is for this machine alone")


def _is_host(host: str | None) -> bool:
    # No label is longer (RFC 1035); a longer one would fail only when its name is resolved.
    return bool(re.fullmatch(r"(?:[\w:-]{1,63}\.)*[\w:-]{1,63}", host or "", re.ASCII))
