"""What a stack stores of one person or object (picture versions, delete markers, rows), erased."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from liveness.aws.errors import error_code
from operations.errors import UserError
from operations.stack import Stack

type Kind = Literal["picture version", "delete marker", "row"]

# S3's code for a HEAD of what is gone: its response has no body that names one.
_NOT_FOUND = "404"


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One stored item. `object` is `s3://bucket/key`; `subject` is None where unknown."""

    kind: Kind
    object: str
    version: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """The items to erase, and the objects of which something stays.

    `shared` objects have pictures of somebody else too; `elsewhere` ones are in another bucket.
    """

    items: Sequence[StoredItem]
    shared: Sequence[str] = ()
    elsewhere: Sequence[str] = ()


class UploadData:
    """The bucket and the table of a stack. What boto3 raises passes through."""

    def __init__(self, stack: Stack) -> None:
        self._s3, self._bucket = stack.session.client("s3"), stack.output("UploadBucketName")
        self._dynamodb = stack.session.client("dynamodb")
        self._table = stack.output("VerdictsTableName")

    def find_object(self, name: str) -> Erasure:
        """Find everything of one object. Raises UserError where it is not in the bucket."""
        if not self._key(name):
            raise UserError(
                f"{name!r} is no object of this stack: name one as s3://{self._bucket}/key."
            )
        return Erasure([*self._versions(name), *self._rows_of(name)])

    def find_subject(self, subject: str) -> Erasure:
        """Find everything of the objects that only this person has rows and pictures of.

        Where a key has versions of somebody else too, only those with this subject are found. Its
        delete markers stay, because without one an older picture of the other person would be
        visible again.
        """
        items: list[StoredItem] = []
        shared, elsewhere = [], []
        rows = self._rows("subject", subject, IndexName="by_subject")
        for name in dict.fromkeys(row["object"]["S"] for row in rows):
            stored = [*self._versions(name, with_subjects=True), *self._rows_of(name)]
            erasable = [item for item in stored if item.subject == subject]
            if any(item.subject not in {None, subject} for item in stored):
                shared.append(name)
            elif self._key(name):
                erasable = stored
            else:
                elsewhere.append(name)
            items += erasable
        return Erasure(items, shared, elsewhere)

    def erase(self, erasure: Erasure) -> Iterator[StoredItem]:
        """Erase one by one and yield each that is gone; one that was gone before is no error.

        Rows are last: while a picture is left, they lead to it.
        """
        for item in sorted(erasure.items, key=lambda item: item.kind == "row"):
            if item.kind == "row":
                key = {"object": {"S": item.object}, "version": {"S": item.version}}
                self._dynamodb.delete_item(TableName=self._table, Key=key)
            else:
                # Not DeleteObjects: its XML cannot carry every key that S3 accepts.
                self._s3.delete_object(
                    Bucket=self._bucket, Key=self._key(item.object), VersionId=item.version
                )
            yield item

    def _key(self, name: str) -> str:
        """The key of an object in this bucket; empty for any other."""
        ours = f"s3://{self._bucket}/"
        return name.removeprefix(ours) if name.startswith(ours) else ""

    def _rows(self, key: str, value: str, **options: Any) -> Iterator[Mapping[str, Any]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": key},
            ExpressionAttributeValues={":value": {"S": value}},
            **options,
        )
        for page in pages:
            yield from page["Items"]

    def _rows_of(self, name: str) -> Iterator[StoredItem]:
        for row in self._rows("object", name, ConsistentRead=True):
            subject = row.get("subject", {}).get("S")
            yield StoredItem("row", name, row["version"]["S"], subject)

    def _versions(self, name: str, *, with_subjects: bool = False) -> Iterator[StoredItem]:
        key = self._key(name)
        if not key:
            return
        paginator = self._s3.get_paginator("list_object_versions")
        for page in paginator.paginate(Bucket=self._bucket, Prefix=key):
            versions, markers = page.get("Versions", []), page.get("DeleteMarkers", [])
            for version in (each["VersionId"] for each in versions if each["Key"] == key):
                subject = self._subject(key, version) if with_subjects else None
                yield StoredItem("picture version", name, version, subject)
            for marker in (each["VersionId"] for each in markers if each["Key"] == key):
                yield StoredItem("delete marker", name, marker)
            # The key itself comes first of all that begin with it.
            if any(each["Key"] != key for each in (*versions, *markers)):
                return

    def _subject(self, key: str, version: str) -> str | None:
        try:
            head = self._s3.head_object(Bucket=self._bucket, Key=key, VersionId=version)
        except ClientError as error:
            if error_code(error) == _NOT_FOUND:
                return None
            raise
        return head["Metadata"].get("subject") or None
