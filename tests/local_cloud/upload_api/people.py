"""People with a phone, and what table, topic and bucket have of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from local.cloud import LocalCloud
from local.phone import Phone
from local.subscriber import Notification, Subscriber
from tests.local_cloud.table import Table

ANSWERED_WITHIN_SECONDS = 60.0
_LONGEST_WAIT = 20


@dataclass(frozen=True, slots=True)
class Person:
    """A subject, and the phone that has a token of theirs."""

    subject: str
    phone: Phone

    def started(self, picture: bytes, **body: Any) -> dict[str, Any]:
        """Start an upload, which must succeed."""
        return _json(self.phone.start(len(picture), **body), 201)

    def uploaded(self, picture: bytes, **body: Any) -> dict[str, Any]:
        """Start an upload and send the picture, which must both succeed."""
        upload = self.started(picture, **body)
        sent = self.phone.send(upload, picture)
        assert sent.status_code == 204, sent.text
        return upload

    def answer(self, upload: Mapping[str, Any]) -> dict[str, Any]:
        """Long-poll until there is an answer."""
        for _ in range(int(ANSWERED_WITHIN_SECONDS) // _LONGEST_WAIT):
            answer = _json(self.phone.status(upload["upload_id"], wait=_LONGEST_WAIT), 200)
            if answer["status"] != "pending":
                break
        return answer


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the stack has of an upload, as its owner reads it."""

    cloud: LocalCloud
    subscriber: Subscriber

    def rows_of(self, subject: str) -> list[Mapping[str, Any]]:
        """Every verdict on that person in the table."""
        table = Table(self.cloud.emulator, self.cloud.outputs["VerdictsTableName"])
        return table.query("by_subject", subject=subject)

    def is_being_decided(self, upload: Mapping[str, Any]) -> bool:
        """Whether the table has anything of an upload, such as its lease."""
        found = self.cloud.client("dynamodb").query(
            TableName=self.cloud.outputs["VerdictsTableName"],
            KeyConditionExpression="#object = :object",
            ExpressionAttributeNames={"#object": "object"},
            ExpressionAttributeValues={
                ":object": {"S": f"s3://{self.cloud.upload_bucket}/{upload['fields']['key']}"}
            },
        )
        return bool(found["Items"])

    def versions(self, upload: Mapping[str, Any]) -> list[str]:
        """The versions that the bucket has under an upload's key, delete markers included."""
        key, s3 = upload["fields"]["key"], self.cloud.client("s3")
        found = s3.list_object_versions(Bucket=self.cloud.upload_bucket, Prefix=key)
        listed = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        return [each["VersionId"] for each in listed]

    def notifications_until(self, upload: Mapping[str, Any]) -> list[Notification]:
        """What was published until the verdict on an upload, that one last."""
        key = upload["fields"]["key"]
        published = []
        for notification in self.subscriber.notifications(within=ANSWERED_WITHIN_SECONDS):
            published.append(notification)
            if notification.record["object"].endswith(f"/{key}"):
                break
        return published


@contextmanager
def detectliveface_answers(cloud: LocalCloud, picture: bytes, effect: str) -> Iterator[None]:
    """Let the fake answer for one picture as for a name that begins with `effect`."""
    control = cloud.detectliveface.control
    control.set_rules({"effect": effect, "sha256": hashlib.sha256(picture).hexdigest()})
    try:
        yield
    finally:
        control.set_rules()


def code_of(response: requests.Response) -> tuple[int, str]:
    """The status and the stable code of a problem, which must have RFC 9457's type."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = response.json()
    assert problem["status"] == response.status_code
    return response.status_code, problem["code"]


def _json(response: requests.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    return body
