"""Recognises which operation of which upload an HTTP request of the function is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from liveness.errors import UnknownEventError
from liveness.events import uploads_in


class Operation(StrEnum):
    """The operations that leave the function, named like the spans of `liveness/trace.py`."""

    ACQUIRE_LEASE = "acquire_lease"
    READ_HEAD = "read_head"
    GET_SECRET = "get_secret"
    GET_DIGEST_KEY = "get_digest_key"
    FIND_REUSE = "find_reuse"
    DETECT = "detect"
    DOWNLOAD = "download"
    SAVE = "save"
    RELEASE_LEASE = "release_lease"
    READ_VERDICT = "read_verdict"
    PUBLISH = "publish"
    MARK_PUBLISHED = "mark_published"
    REDELIVER = "redeliver"
    DEFER = "defer"
    DEAD_LETTER = "dead_letter"


SERVICES: Mapping[str, frozenset[Operation]] = {
    "dynamodb": frozenset(
        {
            Operation.ACQUIRE_LEASE,
            Operation.SAVE,
            Operation.RELEASE_LEASE,
            Operation.READ_VERDICT,
            Operation.FIND_REUSE,
            Operation.MARK_PUBLISHED,
        }
    ),
    "s3": frozenset({Operation.READ_HEAD, Operation.DOWNLOAD}),
    "secretsmanager": frozenset({Operation.GET_SECRET, Operation.GET_DIGEST_KEY}),
    "sns": frozenset({Operation.PUBLISH}),
    "sqs": frozenset({Operation.REDELIVER, Operation.DEFER, Operation.DEAD_LETTER}),
    "detectliveface": frozenset({Operation.DETECT}),
}

_WITHOUT_OBJECT: Mapping[tuple[str, str], Operation] = {
    ("DynamoDB_20120810", "Query"): Operation.FIND_REUSE,
    ("AmazonSQS", "ChangeMessageVisibility"): Operation.REDELIVER,
}


@dataclass(frozen=True, slots=True)
class FunctionRequest:
    """One request; `object` is `bucket/key`, where the request names an object."""

    operation: Operation
    object: str | None = None

    @property
    def service(self) -> str:
        """The service that the request is sent to."""
        return next(name for name, each in SERVICES.items() if self.operation in each)


def recognize(method: str, target: str, headers: Mapping[str, str], body: bytes) -> FunctionRequest:
    """Recognise a request by its method, target, headers (lower-case names) and body.

    Raises ValueError for one that the function is not known to send.
    """
    service, _, action = headers.get("x-amz-target", "").partition(".")
    if action:
        return _json_request(service, action, json.loads(body))
    if "x-tc-action" in headers:
        url = json.loads(body).get("Url")
        return FunctionRequest(Operation.DETECT, _path(url) if url else None)
    if body:
        message = json.loads(parse_qs(body.decode())["Message"][0])
        return FunctionRequest(Operation.PUBLISH, _without_scheme(message["object"]))
    if method != "GET":
        raise ValueError(f"not a request of the function: {method}")
    is_presigned = "X-Amz-Signature" in urlsplit(target).query
    return FunctionRequest(
        Operation.DOWNLOAD if is_presigned else Operation.READ_HEAD, _path(target)
    )


def _json_request(service: str, action: str, parameters: Mapping[str, Any]) -> FunctionRequest:
    if operation := _WITHOUT_OBJECT.get((service, action)):
        return FunctionRequest(operation)
    match service, action:
        case "DynamoDB_20120810", "PutItem":
            item = parameters["Item"]
            operation = Operation.SAVE if "outcome" in item else Operation.ACQUIRE_LEASE
            return FunctionRequest(operation, _without_scheme(item["object"]["S"]))
        case "DynamoDB_20120810", "GetItem":
            key = parameters["Key"]
            return FunctionRequest(Operation.READ_VERDICT, _without_scheme(key["object"]["S"]))
        case "DynamoDB_20120810", "UpdateItem":
            is_mark = "published_at" in parameters["UpdateExpression"]
            return FunctionRequest(
                Operation.MARK_PUBLISHED if is_mark else Operation.RELEASE_LEASE,
                _without_scheme(parameters["Key"]["object"]["S"]),
            )
        case "secretsmanager", "GetSecretValue":
            is_digest_key = "DigestKey" in parameters["SecretId"]
            return FunctionRequest(
                Operation.GET_DIGEST_KEY if is_digest_key else Operation.GET_SECRET
            )
        case "AmazonSQS", "SendMessage":
            is_dead_letter = parameters["QueueUrl"].endswith("-failed")
            return FunctionRequest(
                Operation.DEAD_LETTER if is_dead_letter else Operation.DEFER,
                _object_in(parameters["MessageBody"]),
            )
    raise ValueError(f"not a request of the function: {service}.{action}")


def _object_in(message: str) -> str | None:
    """The first object that a message of RetryQueue describes."""
    try:
        uploads = uploads_in({"eventSource": "aws:sqs", "body": message})
        return next((_without_scheme(upload.object) for upload in uploads), None)
    except UnknownEventError:
        return None


def _without_scheme(uri: str) -> str:
    return uri.removeprefix("s3://")


def _path(url: str) -> str:
    return unquote(urlsplit(url).path).removeprefix("/")
