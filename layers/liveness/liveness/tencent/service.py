"""Which service to ask and how: endpoint, region, Action, and the request that they make."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from requests import Request

from liveness.errors import ErrorAnswer, LivenessError
from liveness.model import Action
from liveness.tencent.catalogue import fault_for

VERSION = "2020-03-03"
ENDPOINT = "https://iai.tencentcloudapi.com"
REGION = "ap-guangzhou"
LANGUAGES = ("en-US", "zh-CN")
MODELS = {
    Action.DETECT_LIVE_FACE: ("2.0", "3.0"),
    Action.DETECT_LIVE_FACE_ACCURATE: ("3.0",),
}
# "POST JSON up to 10 MB" (api-facts): the smaller of the two megabytes satisfies either reading.
MOST_BYTES = 10_000_000

# RFC 3986: what is not among these characters must be percent-encoded.
_ADDRESS = r"https?://[\w.\-\[\]:@%]+(?:[/?](?:[\w.\-~:/?\[\]@!$&'()*+,;=]|%[\da-f]{2})*)?"


@dataclass(frozen=True, slots=True)
class Service:
    """Where to ask and for what; without `face_model_version` the account's default judges.

    Raises ValueError for what cannot be meant, saying what to do.
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
        """The JSON that asks about one picture (detect-live-face.txt §2).

        Raises, with no attempt counted, what the service's own answer would raise: for an
        address that is not percent-encoded, an empty picture, a request that is too large.
        """
        if (url is None) == (image is None):
            raise ValueError("give one of url and image")
        parameters: dict[str, str] = {}
        if url is not None:
            if not re.fullmatch(_ADDRESS, url, re.ASCII | re.IGNORECASE):
                raise _unsendable("InvalidParameterValue.UrlIllegal", "must be percent-encoded")
            parameters["Url"] = url
        if image is not None:
            if not image:
                raise _unsendable("InvalidParameterValue.ImageEmpty", "the picture has no bytes")
            parameters["Image"] = base64.b64encode(image).decode("ascii")
        if self.face_model_version:
            parameters["FaceModelVersion"] = self.face_model_version
        body = json.dumps(parameters).encode("ascii")
        if len(body) > MOST_BYTES:
            raise _unsendable("RequestSizeLimitExceeded", f"more than {MOST_BYTES:,} bytes")
        return body

    def request(self, body: bytes) -> Request:
        """The request that carries `body`, not signed yet."""
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


def _unsendable(code: str, message: str) -> LivenessError:
    return fault_for(ErrorAnswer(code, f"not sent: {message}", attempts=0))


def _check_endpoint(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        named = _is_host(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named:
        raise ValueError(f"the endpoint must be an address such as {ENDPOINT}")
    if parts.username is not None or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("the endpoint must be scheme, host and port alone")
    if parts.scheme != "https" and not _is_loopback(parts):
        raise ValueError("the endpoint must use https; plain http is for this machine alone")


def _is_host(host: str | None) -> bool:
    # No label is longer (RFC 1035); a longer one would fail as late as its name is looked up.
    return bool(re.fullmatch(r"(?:[\w:-]{1,63}\.)*[\w:-]{1,63}", host or "", re.ASCII))


def _is_loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    four = re.fullmatch(r"127(\.\d{1,3}){3}", host)
    return parts.scheme == "http" and (bool(four) or host in {"localhost", "::1"})
