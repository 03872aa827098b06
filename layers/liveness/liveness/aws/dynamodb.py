"""The verdicts table in DynamoDB: the lease on an upload, then its verdict, in one item.

The states of an item, and the conditional write that leads from one to the next::

    (none) ──acquire_lease──▶ leased ──save──▶ decided ──mark_published──▶ published
                               │  ▲                     (both, where they are `failed`)
                 release_lease └──┤                                  │
     acquire_lease, once expired ─┴──────── acquire_lease, once failed ┘

`acquire_lease` is the idempotency check: one conditional put, whose failure returns the item that
is in the way. `lease_token_hash` is that of the fencing token: `save` and `release_lease` succeed
only while the item has the hash of that lease's token. The token itself is never stored, so that
nobody who reads the table can save a verdict.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from liveness.aws.errors import aws_errors
from liveness.aws.items import deserialized, placeholders, serialized
from liveness.errors import AwsServiceError, LeaseHeldError, LeaseLostError
from liveness.models import Lease, Outcome, PictureUse, StoredVerdict, Upload, Verdict
from liveness.verdict_record import Field, from_record, iso_8601, to_record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# A `failed` that was not published yet is published first.
_UNDECIDED_OR_FAILED = (
    "attribute_not_exists(version)"
    " OR (attribute_not_exists(outcome) AND lease_expires_at <= :now)"
    " OR (outcome = :failed AND attribute_exists(published_at))"
)

# One read of at most this many, however often a picture was used. The first use is among them.
MAX_USES = 100
_BY_PICTURE = "by_picture"


@dataclass(frozen=True, slots=True)
class DynamoDBVerdicts:
    """The verdicts table."""

    dynamodb: DynamoDBClient
    table: str
    retention: timedelta
    now: Callable[[], datetime]
    new_token: Callable[[], str] = lambda: uuid.uuid4().hex

    def acquire_lease(self, upload: Upload, duration: timedelta) -> Lease | StoredVerdict:
        """Acquire the lease with one conditional put, or return the verdict that exists.

        A `failed` that was published does not count. Raises LeaseHeldError, or AwsServiceError.
        """
        lease = Lease(upload, self.new_token())
        now = self.now()
        item: Mapping[str, Field] = {
            "object": upload.object,
            "version": upload.version,
            "lease_token_hash": _hash(lease),
            "lease_expires_at": iso_8601(now + duration),
            "expires_at": self._expires_at(now),
        }
        values = {"now": iso_8601(now), "failed": Outcome.FAILED.value}
        try:
            is_put, before = self._put(item, _UNDECIDED_OR_FAILED, **values)
        except AwsServiceError:
            # Where only the response was lost, nobody would hold this lease until it expires.
            with suppress(AwsServiceError):
                self.release_lease(lease)
            raise
        if is_put:
            # An expired lease still has its hash; a released one has not.
            is_takeover = "lease_token_hash" in before and "outcome" not in before
            return replace(lease, is_takeover=is_takeover)
        if before.get("lease_token_hash") == _hash(lease):
            # botocore sent the put twice, and the first one had succeeded.
            return lease
        if "outcome" not in before:
            raise LeaseHeldError(f"lease held until {before.get('lease_expires_at')}")
        return _stored_verdict(before, upload)

    def save(self, lease: Lease, verdict: Verdict) -> None:
        """Replace the lease by the verdict. Raises LeaseLostError, or AwsServiceError."""
        item = {
            **to_record(verdict),
            "lease_token_hash": _hash(lease),
            "expires_at": self._expires_at(verdict.decided_at),
        }
        is_put, _ = self._put(item, "lease_token_hash = :hash", hash=_hash(lease))
        if not is_put:
            raise LeaseLostError(f"lease lost on upload {lease.upload.id}")

    def read(self, upload: Upload) -> StoredVerdict | None:
        """Read the verdict as it is now; None while there is none."""
        with aws_errors("dynamodb"):
            answer = self.dynamodb.get_item(
                TableName=self.table, Key=_key(upload), ConsistentRead=True
            )
        item = deserialized(answer.get("Item", {}))
        return _stored_verdict(item, upload) if "outcome" in item else None

    def uses_of(self, picture_digest: str) -> Sequence[PictureUse]:
        """Query the first uploads with this digest, the oldest first.

        The index is eventually consistent: a verdict of the last second may not be in it yet.
        """
        with aws_errors("dynamodb"):
            answer = self.dynamodb.query(
                TableName=self.table,
                IndexName=_BY_PICTURE,
                KeyConditionExpression="picture_digest = :digest",
                ExpressionAttributeValues=placeholders({"digest": picture_digest}),
                Limit=MAX_USES,
            )
        return [_picture_use(deserialized(item)) for item in answer.get("Items", [])]

    def mark_published(self, verdict: Verdict) -> None:
        """Set `published_at`, unless the item has another verdict (a `failed` was reopened)."""
        self._update(
            verdict.upload,
            "SET published_at = :now REMOVE lease_token_hash",
            "id = :id",
            now=iso_8601(self.now()),
            id=verdict.id,
        )

    def release_lease(self, lease: Lease) -> None:
        """End the lease now, unless another invocation has acquired it."""
        self._update(
            lease.upload,
            "SET lease_expires_at = :now REMOVE lease_token_hash",
            "lease_token_hash = :hash AND attribute_not_exists(outcome)",
            now=iso_8601(self.now()),
            hash=_hash(lease),
        )

    def _expires_at(self, moment: datetime) -> int:
        return int((moment + self.retention).timestamp())

    def _put(
        self, item: Mapping[str, Field], condition: str, **values: Field
    ) -> tuple[bool, Mapping[str, Any]]:
        """Put the item if the condition holds; return whether it did, and the item before."""
        with aws_errors("dynamodb"):
            try:
                answer = self.dynamodb.put_item(
                    TableName=self.table,
                    Item=serialized(item),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=placeholders(values),
                    ReturnValues="ALL_OLD",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
                before: Any = error.response.get("Item", {})
                return False, deserialized(before)
        return True, deserialized(answer.get("Attributes", {}))

    def _update(self, upload: Upload, change: str, condition: str, **values: Field) -> None:
        condition_failed = self.dynamodb.exceptions.ConditionalCheckFailedException
        with aws_errors("dynamodb"), suppress(condition_failed):
            self.dynamodb.update_item(
                TableName=self.table,
                Key=_key(upload),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=placeholders(values),
            )


# Only somebody with write access to the table can have made an item that is malformed.
def _stored_verdict(item: Mapping[str, Any], upload: Upload) -> StoredVerdict:
    try:
        return StoredVerdict(from_record(item, upload), is_published="published_at" in item)
    except ValueError as error:
        raise AwsServiceError("dynamodb", "MalformedItem") from error


def _picture_use(item: Mapping[str, Any]) -> PictureUse:
    try:
        outcome = Outcome(item["outcome"])
    except (LookupError, ValueError) as error:
        raise AwsServiceError("dynamodb", "MalformedItem") from error
    return PictureUse(item["object"], item["version"], item.get("subject"), outcome)


def _hash(lease: Lease) -> str:
    return hashlib.sha256(lease.token.encode()).hexdigest()


def _key(upload: Upload) -> dict[str, Any]:
    return serialized({"object": upload.object, "version": upload.version})
