"""Which step of an upload's story a request of the function is, and which upload it is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


class Step(StrEnum):
    """The steps that leave the function (design, "The story of one upload")."""

    CLAIM = "claim"
    LOOK = "look"
    SECRET = "secret"
    ASK = "ask"
    DOWNLOAD = "download"
    RECORD = "record"
    RELEASE = "release"
    ANNOUNCE = "announce"
    MARK = "mark"
    COME_BACK = "come_back"
    KEEP = "keep"


SERVICES: Mapping[str, frozenset[Step]] = {
    "dynamodb": frozenset({Step.CLAIM, Step.RECORD, Step.RELEASE, Step.MARK}),
    "s3": frozenset({Step.LOOK, Step.DOWNLOAD}),
    "secretsmanager": frozenset({Step.SECRET}),
    "sns": frozenset({Step.ANNOUNCE}),
    "sqs": frozenset({Step.COME_BACK, Step.KEEP}),
    "detectliveface": frozenset({Step.ASK}),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as the story has it; `object` is `bucket/key`, where the request names one."""

    step: Step
    object: str | None = None

    @property
    def service(self) -> str:
        """The service that takes the step."""
        return next(name for name, steps in SERVICES.items() if self.step in steps)


def seen(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Seen:
    """Recognise a request by its method, target, headers (lower-case names) and body.

    Raises ValueError for one that the function is not known to send.
    """
    service, _, operation = headers.get("x-amz-target", "").partition(".")
    if operation:
        return _seen_in_json(service, operation, json.loads(body))
    if "x-tc-action" in headers:
        address = json.loads(body).get("Url")
        return Seen(Step.ASK, _path(address) if address else None)
    if body:
        message = json.loads(parse_qs(body.decode())["Message"][0])
        return Seen(Step.ANNOUNCE, _named(message["object"]))
    if method != "GET":
        raise ValueError(f"not a request of the function: {method}")
    signed = "X-Amz-Signature" in urlsplit(target).query
    return Seen(Step.DOWNLOAD if signed else Step.LOOK, _path(target))


def _seen_in_json(service: str, operation: str, told: Mapping[str, Any]) -> Seen:
    match service, operation:
        case "DynamoDB_20120810", "PutItem":
            item = told["Item"]
            step = Step.RECORD if "outcome" in item else Step.CLAIM
            return Seen(step, _named(item["object"]["S"]))
        case "DynamoDB_20120810", "UpdateItem":
            marks = "announced_at" in told["UpdateExpression"]
            return Seen(Step.MARK if marks else Step.RELEASE, _named(told["Key"]["object"]["S"]))
        case "secretsmanager", "GetSecretValue":
            return Seen(Step.SECRET)
        case "AmazonSQS", "ChangeMessageVisibility":
            return Seen(Step.COME_BACK)
        case "AmazonSQS", "SendMessage":
            stored = json.loads(told["MessageBody"])["detail"]
            return Seen(Step.KEEP, f"{stored['bucket']['name']}/{stored['object']['key']}")
    raise ValueError(f"not a request of the function: {service}.{operation}")


def _named(told: str) -> str:
    return told.removeprefix("s3://")


def _path(address: str) -> str:
    return unquote(urlsplit(address).path).removeprefix("/")
