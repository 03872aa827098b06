"""What a stack keeps of one person or object: picture versions, delete markers, rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from liveness.aws.faults import error_code

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

type Kind = Literal["picture version", "delete marker", "row"]

# What S3 answers to a HEAD, which has no body to name the code in.
_GONE = "404"


class ForeignObject(Exception):
    """The object is not in the stack's bucket, or is no object's name at all."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing that is kept. `object` is `s3://bucket/key`; `subject` is None where unknown."""

    kind: Kind
    object: str
    version: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Traces:
    """What is to be erased, and the objects of which something stays.

    `shared` ones hold pictures of somebody else too, `elsewhere` ones are in another bucket.
    """

    all: Sequence[Trace]
    shared: Sequence[str] = ()
    elsewhere: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """The bucket and the table of a stack. What boto3 raises passes through."""

    s3: S3Client
    dynamodb: DynamoDBClient
    bucket: str
    table: str

    def of_object(self, name: str) -> Traces:
        """Everything of one object. Raises ForeignObject where it is not in the stack's bucket."""
        if not self._key(name):
            raise ForeignObject(
                f"{name!r} is no object of this stack: name one as s3://{self.bucket}/key."
            )
        return Traces([*self._versions(name), *self._rows(name)])

    def of_subject(self, subject: str) -> Traces:
        """Everything of the objects that only this person has rows and pictures of.

        Where a key holds somebody else's versions too, only those that bear this subject; its
        delete markers stay, for one that goes would bring another's picture back to light.
        """
        found: list[Trace] = []
        shared, elsewhere = [], []
        for name in self._objects_of(subject):
            kept = [*self._versions(name, with_subjects=True), *self._rows(name)]
            theirs = [trace for trace in kept if trace.subject == subject]
            if any(trace.subject not in {None, subject} for trace in kept):
                shared.append(name)
                found += theirs
            elif self._key(name):
                found += kept
            else:
                elsewhere.append(name)
                found += theirs
        return Traces(found, shared, elsewhere)

    def erase(self, traces: Traces) -> Iterator[Trace]:
        """Erase one by one, yielding each that is gone; what is gone already is no fault.

        Rows go last: as long as a picture is left, they lead back to it.
        """
        for trace in sorted(traces.all, key=lambda trace: trace.kind == "row"):
            if trace.kind == "row":
                key = {"object": {"S": trace.object}, "version": {"S": trace.version}}
                self.dynamodb.delete_item(TableName=self.table, Key=key)
            else:
                # Not DeleteObjects: its XML cannot carry every key that S3 takes.
                self.s3.delete_object(
                    Bucket=self.bucket, Key=self._key(trace.object), VersionId=trace.version
                )
            yield trace

    def _key(self, name: str) -> str:
        """The key of an object in this bucket; empty for any other."""
        ours = f"s3://{self.bucket}/"
        return name.removeprefix(ours) if name.startswith(ours) else ""

    def _objects_of(self, subject: str) -> list[str]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            IndexName="by_subject",
            KeyConditionExpression="subject = :subject",
            ExpressionAttributeValues={":subject": {"S": subject}},
        )
        return list(dict.fromkeys(item["object"]["S"] for page in pages for item in page["Items"]))

    def _rows(self, name: str) -> Iterator[Trace]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="#object = :object",
            ExpressionAttributeNames={"#object": "object"},
            ExpressionAttributeValues={":object": {"S": name}},
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                subject = item["subject"]["S"] if "subject" in item else None
                yield Trace("row", name, item["version"]["S"], subject)

    def _versions(self, name: str, *, with_subjects: bool = False) -> Iterator[Trace]:
        key = self._key(name)
        if not key:
            return
        pages = self.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=key
        )
        for page in pages:
            versions, markers = page.get("Versions", []), page.get("DeleteMarkers", [])
            for version in (each["VersionId"] for each in versions if each["Key"] == key):
                subject = self._subject(key, version) if with_subjects else None
                yield Trace("picture version", name, version, subject)
            for marker in (each["VersionId"] for each in markers if each["Key"] == key):
                yield Trace("delete marker", name, marker)
            # The key itself comes first of all that begin with it.
            if any(each["Key"] != key for each in (*versions, *markers)):
                return

    def _subject(self, key: str, version: str) -> str | None:
        try:
            head = self.s3.head_object(Bucket=self.bucket, Key=key, VersionId=version)
        except ClientError as error:
            if error_code(error) == _GONE:
                return None
            raise
        return head["Metadata"].get("subject") or None
