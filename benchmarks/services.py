"""Stubs of the remote services: the shortest successful response, over TLS, after a delay."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from benchmarks.request_log import Call
from benchmarks.runtime import PROJECT, STATE
from benchmarks.server import address, listen, serve
from local.certificates import Certificates

SECRET = {"SecretId": "AKIDbenchmark", "SecretKey": "benchmark"}  # not real
_VERSION = "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH"
_DETECTION = {
    "Score": 99,
    "IsLiveness": True,
    "FaceModelVersion": "3.0",
    "RequestId": "048a5eb3-f7a9-4c1f-a982-00e90b6b892c",
}
# Phones scale an image down to about this size before they send it: about 600 KB as JPEG.
_PIXELS = (1080, 1440)


@dataclass(frozen=True, slots=True)
class Services:
    """`host:port` of each service, and every call to them so far."""

    addresses: Mapping[str, str]
    request_log: list[Call]


@contextmanager
def services(certificates: Certificates, delay_ms: int) -> Iterator[Services]:
    """Serve all services, each response after `delay_ms` milliseconds."""
    stubs = {
        # Named as in AWS_ENDPOINT_URL_…; IAI is the service of DetectLiveFace.
        "S3": _s3(_image()),
        "DYNAMODB": _dynamodb,
        "SNS": _sns,
        "SECRETS_MANAGER": _secrets_manager,
        "SQS": _sqs,
        "IAI": _detect_live_face,
    }
    sockets = listen(len(stubs))
    served = Services(dict(zip(stubs, map(address, sockets), strict=True)), [])
    by_port = {
        listening.getsockname()[1]: (name, stub)
        for listening, (name, stub) in zip(sockets, stubs.items(), strict=True)
    }

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        name, stub = by_port[scope["server"][1]]
        began = time.monotonic()
        await asyncio.sleep(delay_ms / 1000)
        operation, response = stub(request, body)
        await response(scope, receive, send)
        served.request_log.append(
            Call(
                service=name,
                operation=operation,
                client_port=scope["client"][1],
                began=began,
                ended=time.monotonic(),
                body_bytes=len(response.body),
            )
        )

    with serve(application, sockets, certificates):
        yield served


# Each stub returns the operation's name as well, for the request log.
_Stub = Callable[[Request, bytes], tuple[str, Response]]


def _s3(image: bytes) -> _Stub:
    def get_object(request: Request, _body: bytes) -> tuple[str, Response]:
        headers = {"ETag": '"5d41402abc4b2a76b9719d911017c592"', "x-amz-version-id": _VERSION}
        requested = request.headers.get("range")
        if requested is None:
            return "GetObject", Response(image, 200, headers, "image/jpeg")
        first, last = (int(place) for place in requested.removeprefix("bytes=").split("-"))
        part = image[first : last + 1]
        headers |= {
            "Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(image)}",
            "x-amz-meta-subject": "user-7f3a9c",
        }
        return "GetObject", Response(part, 206, headers, "image/jpeg")

    return get_object


def _dynamodb(request: Request, body: bytes) -> tuple[str, Response]:
    operation = request.headers["x-amz-target"].partition(".")[2]
    content = json.dumps(_found(json.loads(body)) if operation == "Query" else {}).encode()
    checksum = {"x-amz-crc32": str(zlib.crc32(content))}
    return operation, Response(content, headers=checksum, media_type="application/x-amz-json-1.0")


def _found(query: Mapping[str, Any]) -> dict[str, Any]:
    """One verdict on the object that is asked for; nothing by an index."""
    return {"Items": [] if "IndexName" in query else [_verdict()]}


@cache
def _verdict() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(
        (PROJECT / "events" / "notifications" / "live.json").read_text()
    )
    return {name: TypeSerializer().serialize(value) for name, value in record.items()}


def _sns(_request: Request, _body: bytes) -> tuple[str, Response]:
    namespace = "http://sns.amazonaws.com/doc/2010-03-31/"
    body = (
        f'<PublishResponse xmlns="{namespace}"><PublishResult>'
        "<MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>"
        "<ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId>"
        "</ResponseMetadata></PublishResponse>"
    )
    return "Publish", Response(body, media_type="text/xml")


def _secrets_manager(_request: Request, _body: bytes) -> tuple[str, Response]:
    body = {"ARN": "arn:not-real", "Name": "tencent", "SecretString": json.dumps(SECRET)}
    return "GetSecretValue", Response(json.dumps(body), media_type="application/x-amz-json-1.1")


def _sqs(request: Request, _body: bytes) -> tuple[str, Response]:
    operation = request.headers["x-amz-target"].partition(".")[2]
    return operation, Response(b"{}", media_type="application/x-amz-json-1.0")


def _detect_live_face(_request: Request, _body: bytes) -> tuple[str, Response]:
    body = json.dumps({"Response": _DETECTION})
    return "DetectLiveFace", Response(body, media_type="application/json")


def _image() -> bytes:
    path: Path = STATE / "selfie.jpg"
    if not path.exists():
        Image.effect_noise(_PIXELS, 64).convert("RGB").save(path, quality=80)
    return path.read_bytes()
