"""What a stack stores of one person or object: pictures, their parts and rows; found, erased."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from liveness.aws.errors import error_code
from liveness.aws.s3 import metadata_text
from operations.bucket import unfinished_uploads
from operations.errors import UserError
from operations.sources import Sources, sources_of
from operations.stack import Stack

type Kind = Literal["unfinished upload", "picture version", "delete marker", "row"]

# Rows are last: while a picture is left, they lead to it.
_ORDER: Sequence[Kind] = ("unfinished upload", "picture version", "delete marker", "row")

# S3's code for a HEAD of what is gone: its response has no body that names one.
_NOT_FOUND = "404"


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One stored item. `object` is `s3://bucket/key`; `subject` is None where unknown.

    `version` is that of the picture or row; of an unfinished multipart upload, its id.
    """

    kind: Kind
    object: str
    version: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """The items to erase, and those under the same keys that stay.

    `elsewhere` are objects that the stack does not process, where no picture is erased.
    """

    items: Sequence[StoredItem]
    staying: Sequence[StoredItem] = ()
    elsewhere: Sequence[str] = ()


class UploadData:
    """The buckets and the table of a stack. What boto3 raises passes through."""

    def __init__(self, stack: Stack) -> None:
        self._s3, self._sources = stack.session.client("s3"), sources_of(stack)
        self._dynamodb = stack.session.client("dynamodb")
        self._table = stack.output("VerdictsTableName")

    def check_object(self, name: str) -> None:
        """Raise UserError where the stack does not process it."""
        if not self._place(name)[1]:
            places = " or ".join(_places(self._sources))
            raise UserError(f"{name!r} is no object of this stack: name one as {places}.")

    def find_object(self, name: str) -> Erasure:
        """Find everything of one object. Raises UserError where the stack does not process it."""
        self.check_object(name)
        return Erasure([*self._unfinished(name), *self._versions(name), *self._rows_of(name)])

    def find_subject(self, subject: str) -> Erasure:
        """Find everything that is only this person's, under the keys that they have rows of.

        A version is theirs by its metadata, or else by its row. Delete markers stay where a picture
        stays, because without one it could be visible again. Nobody can read whose an unfinished
        upload is: it stays unless all else under the key is theirs.
        """
        found, staying, elsewhere = [], [], []
        rows = self._rows("subject", subject, IndexName="by_subject")
        for name in dict.fromkeys(row["object"]["S"] for row in rows):
            if not self._place(name)[1]:
                elsewhere.append(name)
            theirs, others = self._divide(name, subject)
            found += theirs
            staying += others
        return Erasure(found, staying, elsewhere)

    def erase(self, erasure: Erasure) -> Iterator[StoredItem]:
        """Erase one by one and yield each that is gone; one that was gone before is no error."""
        for item in sorted(erasure.items, key=lambda item: _ORDER.index(item.kind)):
            self._erase(item)
            yield item

    def _erase(self, item: StoredItem) -> None:
        bucket, key = self._place(item.object)
        if item.kind == "row":
            row = {"object": {"S": item.object}, "version": {"S": item.version}}
            self._dynamodb.delete_item(TableName=self._table, Key=row)
        elif item.kind == "unfinished upload":
            with suppress(self._s3.exceptions.NoSuchUpload):
                self._s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=item.version)
        else:
            # Not DeleteObjects: its XML cannot carry every key that S3 accepts.
            self._s3.delete_object(Bucket=bucket, Key=key, VersionId=item.version)

    def _divide(self, name: str, subject: str) -> tuple[list[StoredItem], list[StoredItem]]:
        """What of an object is this person's, and what is not."""
        versions, rows = [*self._versions(name, with_subjects=True)], [*self._rows_of(name)]
        owners = {each.version: each.subject for each in (*rows, *versions) if each.subject}
        pictures = [each for each in versions if each.kind == "picture version"]
        others = [each for each in (*pictures, *rows) if owners.get(each.version) != subject]
        if any(each.kind == "picture version" for each in others):
            others += [each for each in versions if each.kind == "delete marker"]
        unfinished = [*self._unfinished(name)]
        others += unfinished if others else []
        everything = (*unfinished, *versions, *rows)
        return [each for each in everything if each not in others], others

    def _place(self, name: str) -> tuple[str, str]:
        """Bucket and key of an object that the stack processes; both empty for any other."""
        scheme, _, rest = name.partition("s3://")
        bucket, _, key = rest.partition("/")
        is_ours = not scheme and self._sources.accepts(bucket, key)
        return (bucket, key) if is_ours else ("", "")

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
        bucket, key = self._place(name)
        if not key:
            return
        paginator = self._s3.get_paginator("list_object_versions")
        for page in paginator.paginate(Bucket=bucket, Prefix=key):
            versions, markers = page.get("Versions", []), page.get("DeleteMarkers", [])
            for version in (each["VersionId"] for each in versions if each["Key"] == key):
                subject = self._subject(bucket, key, version) if with_subjects else None
                yield StoredItem("picture version", name, version, subject)
            for marker in (each["VersionId"] for each in markers if each["Key"] == key):
                yield StoredItem("delete marker", name, marker)
            # The key itself comes first of all that begin with it.
            if any(each["Key"] != key for each in (*versions, *markers)):
                return

    def _unfinished(self, name: str) -> Iterator[StoredItem]:
        bucket, key = self._place(name)
        if not key:
            return
        for each, upload_id in unfinished_uploads(self._s3, bucket, key):
            # The key itself comes first of all that begin with it.
            if each != key:
                return
            yield StoredItem("unfinished upload", name, upload_id)

    def _subject(self, bucket: str, key: str, version: str) -> str | None:
        try:
            head = self._s3.head_object(Bucket=bucket, Key=key, VersionId=version)
        except ClientError as error:
            if error_code(error) == _NOT_FOUND:
                return None
            raise
        return metadata_text(head["Metadata"], "subject")


def _places(sources: Sources) -> Iterator[str]:
    """A made-up key in each place whose uploads the stack processes."""
    if sources.own_bucket:
        yield f"s3://{sources.own_bucket}/key"
    for bucket in sources.existing_buckets:
        yield from (f"s3://{bucket}/{prefix}key" for prefix in sources.prefixes or ("",))
