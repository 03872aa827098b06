"""Verdicts in DynamoDB: the lease on an upload, then its answer, in one row."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from liveness.aws.attributes import attribute_of, facts_of, item_of
from liveness.aws.faults import error_code, faults_of
from liveness.errors import Leased, LeaseLost
from liveness.model import Fact, Facts, Outcome, Upload, Verdict, as_text
from liveness.ports import Decided, Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What a row holds beside the facts: the lease, when everybody was told, when the row goes.
_HOUSEKEEPING = frozenset({"lease_owner", "lease_expires_at", "announced_at", "expires_at"})

_UNDECIDED = (
    "attribute_not_exists(version) OR (attribute_not_exists(outcome) AND lease_expires_at <= :now)"
)
_UNDECIDED_OR_FAILED = f"{_UNDECIDED} OR outcome = :failed"


def new_owner() -> str:
    """A token that no other invocation holds."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class _Put:
    """What became of a conditional put; `before` is the row that stood there, {} for none."""

    done: bool
    before: Facts


@dataclass(frozen=True, slots=True)
class DynamoDBVerdicts:
    """The verdicts table."""

    dynamodb: DynamoDBClient
    table: str
    keep_for: timedelta
    now: Callable[[], datetime]
    new_owner: Callable[[], str] = new_owner

    def claim(
        self, upload: Upload, lease_for: timedelta, *, reopen_failed: bool
    ) -> Lease | Decided:
        """Take the lease with one conditional put; what stands in its way tells the rest.

        Raises Leased, or StorageFault where DynamoDB fails.
        """
        lease = Lease(upload, self.new_owner())
        now = self.now()
        row: Facts = {
            "object": upload.object,
            "version": upload.version,
            "lease_owner": lease.owner,
            "lease_expires_at": as_text(now + lease_for),
            "expires_at": self._expires_at(now),
        }
        values: Facts = {"now": as_text(now)}
        if reopen_failed:
            condition, values = _UNDECIDED_OR_FAILED, {**values, "failed": Outcome.FAILED.value}
        else:
            condition = _UNDECIDED
        put = self._put(row, condition, **values)
        if put.done:
            # One that was given back has no owner any more.
            crashed = "lease_owner" in put.before and "outcome" not in put.before
            return replace(lease, taken_over=crashed)
        standing = put.before
        if standing.get("lease_owner") == lease.owner:
            return lease
        if "outcome" not in standing:
            raise Leased(f"until {standing['lease_expires_at']}")
        facts = {name: fact for name, fact in standing.items() if name not in _HOUSEKEEPING}
        return Decided(facts, announced="announced_at" in standing)

    def record(self, lease: Lease, verdict: Verdict) -> Facts:
        """Replace the lease by the verdict, if the lease still holds.

        Raises LeaseLost, or StorageFault where DynamoDB fails.
        """
        facts = verdict.facts()
        row: Facts = {
            **facts,
            "lease_owner": lease.owner,
            "expires_at": self._expires_at(verdict.decided_at),
        }
        if not self._put(row, "lease_owner = :owner", owner=lease.owner).done:
            raise LeaseLost(f"on {lease.upload.id}")
        return facts

    def mark_announced(self, facts: Facts) -> None:
        """Note the moment, unless a later claim has moved the row on."""
        self._update(
            facts,
            "SET announced_at = :now REMOVE lease_owner",
            "id = :id",
            now=as_text(self.now()),
            id=facts["id"],
        )

    def release(self, lease: Lease) -> None:
        """End the lease now, unless it is somebody else's by now."""
        upload = lease.upload
        self._update(
            {"object": upload.object, "version": upload.version},
            "SET lease_expires_at = :now REMOVE lease_owner",
            "lease_owner = :owner AND attribute_not_exists(outcome)",
            now=as_text(self.now()),
            owner=lease.owner,
        )

    def _expires_at(self, moment: datetime) -> int:
        return int((moment + self.keep_for).timestamp())

    def _put(self, row: Facts, condition: str, **values: Fact) -> _Put:
        """Put the row if the condition holds; tell whether it did, and what was there before."""
        with faults_of("dynamodb"):
            try:
                answer = self.dynamodb.put_item(
                    TableName=self.table,
                    Item=item_of(row),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=_placeholders(values),
                    ReturnValues="ALL_OLD",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                standing: dict[str, Any] = dict(error.response).get("Item", {})  # type: ignore[assignment]  # stubs do not know it
                return _Put(done=False, before=facts_of(standing))
        return _Put(done=True, before=facts_of(answer.get("Attributes", {})))

    def _update(self, key: Facts, change: str, condition: str, **values: Fact) -> None:
        with faults_of("dynamodb"):
            try:
                self.dynamodb.update_item(
                    TableName=self.table,
                    Key=item_of({name: key[name] for name in ("object", "version")}),
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=_placeholders(values),
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise


def _placeholders(values: Facts) -> dict[str, Any]:
    return {f":{name}": attribute_of(value) for name, value in values.items()}
