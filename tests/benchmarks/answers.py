"""What the stubs answer: the least that each service says when all goes well."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SECRET = {"SecretId": "AKIDbenchmark", "SecretKey": "benchmark"}  # made up
_VERSION = "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a stub reads it; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """What goes back, and how the service's documentation names the operation."""

    operation: str
    body: bytes
    content_type: str
    status: str = "200 OK"
    headers: Mapping[str, str] = field(default_factory=dict)


def answers(picture: bytes) -> Mapping[str, Callable[[Asked], Answered]]:
    """Each service's stub by its name in `AWS_ENDPOINT_URL_…`, and `IAI` for DetectLiveFace."""
    return {
        "S3": lambda asked: _s3(asked, picture),
        "DYNAMODB": _dynamodb,
        "SNS": _sns,
        "SECRETS_MANAGER": _secrets_manager,
        "SQS": _sqs,
        "IAI": _detect_live_face,
    }


def _s3(asked: Asked, picture: bytes) -> Answered:
    headers = {"ETag": '"5d41402abc4b2a76b9719d911017c592"', "x-amz-version-id": _VERSION}
    if "range" not in asked.headers:
        return Answered("GetObject", picture, "image/jpeg", headers=headers)
    first, last = (int(place) for place in asked.headers["range"][len("bytes=") :].split("-"))
    part = picture[first : last + 1]
    headers |= {
        "Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(picture)}",
        "x-amz-meta-subject": "user-7f3a9c",
    }
    return Answered("GetObject", part, "image/jpeg", "206 Partial Content", headers)


def _dynamodb(asked: Asked) -> Answered:
    body = b"{}"
    return Answered(
        asked.headers["x-amz-target"].partition(".")[2],
        body,
        "application/x-amz-json-1.0",
        headers={"x-amz-crc32": str(zlib.crc32(body))},
    )


def _sns(_asked: Asked) -> Answered:
    space = "http://sns.amazonaws.com/doc/2010-03-31/"
    body = (
        f'<PublishResponse xmlns="{space}"><PublishResult>'
        "<MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>"
        "<ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId>"
        "</ResponseMetadata></PublishResponse>"
    )
    return Answered("Publish", body.encode(), "text/xml")


def _secrets_manager(_asked: Asked) -> Answered:
    body = {"ARN": "arn:made-up", "Name": "tencent", "SecretString": json.dumps(SECRET)}
    return Answered("GetSecretValue", json.dumps(body).encode(), "application/x-amz-json-1.1")


def _sqs(_asked: Asked) -> Answered:
    body = b'{"Successful": [], "Failed": []}'
    return Answered("ChangeMessageVisibilityBatch", body, "application/x-amz-json-1.0")


def _detect_live_face(_asked: Asked) -> Answered:
    # detect-live-face.txt §4.
    response = {
        "Score": 99,
        "IsLiveness": True,
        "FaceModelVersion": "3.0",
        "RequestId": "048a5eb3-f7a9-4c1f-a982-00e90b6b892c",
    }
    body = json.dumps({"Response": response}).encode()
    return Answered("DetectLiveFace", body, "application/json")
