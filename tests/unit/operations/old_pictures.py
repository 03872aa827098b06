"""Buckets with old pictures, in memory, and a function that judges what RetryQueue brings."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from liveness.events import uploads_in
from tests.unit.operations.conftest import OUTPUTS, FakeAws, client

BUCKET, TABLE = OUTPUTS["UploadBucketName"], OUTPUTS["VerdictsTableName"]
STORED_AT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)
PAGE_SIZE = 3


class FakeS3:
    """Listed versions by bucket, objects by bucket and key, and what HEAD answers."""

    exceptions = client("s3").exceptions

    def __init__(self) -> None:
        self.versions: dict[str, list[dict[str, Any]]] = {BUCKET: []}
        self.contents: dict[str, bytes] = {}
        self.heads: dict[tuple[str, str | None], dict[str, Any] | str] = {}
        self.prefixes: list[str] = []

    def put(self, key: str, version: str = "v1", *, bucket: str = BUCKET, **fields: Any) -> None:
        """Store a version; `fields` replace those of S3's listing."""
        listed = {"Key": key, "VersionId": version, "IsLatest": True, "ETag": f'"e-{version}"'}
        listed |= {"Size": 1000, "LastModified": STORED_AT, "StorageClass": "STANDARD"}
        self.versions.setdefault(bucket, []).append(listed | fields)

    def get_paginator(self, name: str) -> FakeS3:
        assert name == "list_object_versions"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[Any]:  # noqa: N803  # S3's names
        self.prefixes.append(Prefix)
        if Bucket not in self.versions:
            raise self.exceptions.NoSuchBucket({"Error": {"Code": "NoSuchBucket"}}, "List")
        found = [each for each in self.versions[Bucket] if each["Key"].startswith(Prefix)]
        for start in range(0, len(found) + 1, PAGE_SIZE):
            page = {"Versions": found[start : start + PAGE_SIZE]}
            yield page | {"DeleteMarkers": [{"Key": "gone.jpg", "VersionId": "marker"}]}

    def head_object(self, Bucket: str, Key: str, VersionId: str | None = None) -> Any:  # noqa: N803
        assert Bucket in self.versions
        answer = self.heads.get((Key, VersionId), "404")
        if isinstance(answer, str):
            raise ClientError({"Error": {"Code": answer}}, "HeadObject")
        stored = {"ETag": '"e-head"', "ContentLength": 2000, "LastModified": STORED_AT}
        return stored | answer

    def get_object(self, Bucket: str, Key: str) -> Any:  # noqa: N803
        if (name := f"s3://{Bucket}/{Key}") not in self.contents:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.contents[name])}


@dataclass
class FakeTable:
    """Rows with an outcome, or with a lease only (None); a batch leaves its first key unread."""

    outcomes: dict[tuple[str, str], str | None] = field(default_factory=dict)
    reads: int = 0

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803  # DynamoDB's names
        keys: list[dict[str, dict[str, str]]] = RequestItems[TABLE]["Keys"]
        names = [(key["object"]["S"], key["version"]["S"]) for key in keys]
        assert 1 <= len(names) == len(set(names)) <= 100
        self.reads += 1
        left = keys[:1] if len(keys) > 1 else []
        found = [
            key | ({"outcome": {"S": outcome}} if outcome else {})
            for key, name in zip(keys, names, strict=True)
            if key not in left and name in self.outcomes
            for outcome in (self.outcomes[name],)
        ]
        unprocessed = {TABLE: {"Keys": left}} if left else {}
        return {"Responses": {TABLE: found}, "UnprocessedKeys": unprocessed}


@dataclass
class Sent:
    """One message: when, in which group, and what the function reads from it."""

    at: float
    group: str
    record: Mapping[str, Any]
    name: tuple[str, str]


class OldPictures:
    """All of it, and a clock that runs while the command sleeps; then the function judges."""

    def __init__(self, aws: FakeAws) -> None:
        self.aws, self.s3, self.table = aws, FakeS3(), FakeTable()
        aws.clients |= {"s3": self.s3, "dynamodb": self.table, "sqs": self}
        self.now = 1000.0
        self.sent: list[Sent] = []
        # In the order of the requests: by position, whether the sender is at fault.
        self.failures: list[Mapping[int, bool]] = []
        self.judged_per_second = 10_000.0
        self.outcome_of: Mapping[str, str | None] = {}
        self.interrupt_at = float("inf")
        self._waiting: list[tuple[str, str]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let the time pass, and the function judge."""
        assert seconds >= 0
        self.now += seconds
        if self.now >= self.interrupt_at:
            raise KeyboardInterrupt
        judged = round(seconds * self.judged_per_second)
        for name in self._waiting[:judged]:
            self.table.outcomes[name] = self.outcome_of.get(name[0].rpartition("/")[2], "live")
        del self._waiting[:judged]

    def send_message_batch(self, QueueUrl: str, Entries: Sequence[Any]) -> Any:  # noqa: N803
        assert QueueUrl == OUTPUTS["RetryQueueUrl"]
        assert 1 <= len(Entries) <= 10
        failures = self.failures.pop(0) if self.failures else {}
        for position, entry in enumerate(Entries):
            if position not in failures:
                (upload,) = uploads_in({"eventSource": "aws:sqs", "body": entry["MessageBody"]})
                (record,) = json.loads(entry["MessageBody"])["Records"]
                name = (upload.object, upload.version)
                self.sent.append(Sent(self.now, entry["MessageGroupId"], record, name))
                self._waiting.append(name)
        refused = [
            {"Id": Entries[position]["Id"], "SenderFault": fault, "Code": "Busy"}
            for position, fault in failures.items()
        ]
        return {"Failed": refused} if refused else {}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: Sequence[str]) -> Any:  # noqa: N803
        assert QueueUrl == OUTPUTS["RetryQueueUrl"]
        visible = {"ApproximateNumberOfMessages": str(len(self._waiting)), "QueueArn": "arn"}
        return {"Attributes": visible | {"ApproximateNumberOfMessagesNotVisible": "0"}}

    @property
    def names(self) -> list[str]:
        """The objects and versions that were sent: `key@version`."""
        return [f"{n.removeprefix(f's3://{BUCKET}/')}@{v}" for n, v in (s.name for s in self.sent)]

    def run(self, *arguments: str, **parameters: str) -> int:
        return self.aws.run("backfill", *arguments, **parameters)


@pytest.fixture
def pictures(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> OldPictures:
    pictures = OldPictures(aws)
    monkeypatch.setattr("operations.backfill.time", pictures)
    return pictures
