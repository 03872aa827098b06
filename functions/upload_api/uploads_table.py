"""The uploads table in DynamoDB: a person's attempts in one item, and an item for each upload.

Two items of one person change together, in one transaction, and only if the attempts still have the
revision that was read: of concurrent requests one succeeds, and the others read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from liveness.aws.errors import aws_errors
from liveness.aws.items import deserialized, placeholders, serialized
from liveness.verdict_record import iso_8601
from upload_api.attempts import Attempt, AttemptHistory
from upload_api.uploads import Person, RevisionChangedError, UploadExpiredError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTEMPTS = "attempts"
_UNCHANGED = "attribute_not_exists(subject_hash) OR revision = :revision"
# A condition failed, or another transaction holds an item.
_CHANGED = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


@dataclass(frozen=True, slots=True)
class DynamoDBAttempts:
    """Attempts, and the uploads that they started."""

    dynamodb: DynamoDBClient
    table: str

    def history(self, person: Person) -> AttemptHistory:
        """Read what the person started before."""
        item = self._item(person, _ATTEMPTS)
        locked_until = item.get("locked_until")
        return AttemptHistory(
            tuple(
                Attempt(each["id"], datetime.fromisoformat(each["at"]), each.get("erased", False))
                for each in item.get("attempts", ())
            ),
            datetime.fromisoformat(locked_until) if locked_until else None,
            int(item.get("revision", 0)),
        )

    def add(
        self, person: Person, history: AttemptHistory, upload_id: str, forget_at: datetime
    ) -> None:
        """Store a history with a new upload.

        Raises RevisionChangedError, or UploadExpiredError where the upload was started before.
        """
        upload = {
            "subject_hash": person.hash,
            "item": _upload(upload_id),
            "started_at": iso_8601(history.attempts[-1].started_at),
            # As long as a message can wait for its verdict in RetryQueue.
            "expires_at": int(history.attempts[-1].started_at.timestamp()) + 14 * 86_400,
        }
        self._transact(
            self._put_history(person, history, forget_at),
            {
                "Put": {
                    "TableName": self.table,
                    "Item": serialized(upload),
                    "ConditionExpression": "attribute_not_exists(started_at)",
                }
            },
        )

    def lock(self, person: Person, history: AttemptHistory, forget_at: datetime) -> None:
        """Store a history with a lockout. Raises RevisionChangedError."""
        self._transact(self._put_history(person, history, forget_at))

    def started_at(self, person: Person, upload_id: str) -> datetime | None:
        """When the upload was started; None where the person has none of that id."""
        item = self._item(person, _upload(upload_id))
        is_known = item and not item.get("is_erased")
        return datetime.fromisoformat(item["started_at"]) if is_known else None

    def close(self, person: Person, upload_id: str) -> None:
        """Use up the upload's form, so that no further picture is judged."""
        self._update_upload(person, upload_id, "SET used_by = :value", "erased")

    def erase(self, person: Person, upload_id: str) -> None:
        """Forget an upload, except that its form is used up; it no longer is open."""
        history = self.history(person)
        attempts = tuple(
            replace(each, is_erased=True) if each.upload_id == upload_id else each
            for each in history.attempts
        )
        if attempts != history.attempts:
            self._transact(self._update_attempts(person, replace(history, attempts=attempts)))
        self._update_upload(person, upload_id, "SET is_erased = :value", True)

    def _update_upload(self, person: Person, upload_id: str, change: str, value: object) -> None:
        condition_failed = self.dynamodb.exceptions.ConditionalCheckFailedException
        with aws_errors("dynamodb"), suppress(condition_failed):
            self.dynamodb.update_item(
                TableName=self.table,
                Key=serialized({"subject_hash": person.hash, "item": _upload(upload_id)}),
                UpdateExpression=change,
                ConditionExpression="attribute_exists(started_at)",
                ExpressionAttributeValues=placeholders({"value": value}),
            )

    def _item(self, person: Person, name: str) -> Mapping[str, Any]:
        with aws_errors("dynamodb"):
            answer = self.dynamodb.get_item(
                TableName=self.table,
                Key=serialized({"subject_hash": person.hash, "item": name}),
                ConsistentRead=True,
            )
        return deserialized(answer.get("Item", {}))

    def _put_history(
        self, person: Person, history: AttemptHistory, forget_at: datetime
    ) -> dict[str, Any]:
        item: dict[str, Any] = {
            "subject_hash": person.hash,
            "item": _ATTEMPTS,
            "attempts": _attempts(history),
            "revision": history.revision + 1,
            "expires_at": int(forget_at.timestamp()),
        }
        if history.locked_until:
            item["locked_until"] = iso_8601(history.locked_until)
        put = {
            "TableName": self.table,
            "Item": serialized(item),
            "ConditionExpression": _UNCHANGED,
            "ExpressionAttributeValues": placeholders({"revision": history.revision}),
        }
        return {"Put": put}

    def _update_attempts(self, person: Person, history: AttemptHistory) -> dict[str, Any]:
        update = {
            "TableName": self.table,
            "Key": serialized({"subject_hash": person.hash, "item": _ATTEMPTS}),
            "UpdateExpression": "SET attempts = :attempts, revision = :next",
            "ConditionExpression": "revision = :revision",
            "ExpressionAttributeValues": placeholders(
                {
                    "attempts": _attempts(history),
                    "next": history.revision + 1,
                    "revision": history.revision,
                }
            ),
        }
        return {"Update": update}

    def _transact(self, *writes: dict[str, Any]) -> None:
        canceled = self.dynamodb.exceptions.TransactionCanceledException
        with aws_errors("dynamodb"):
            try:
                self.dynamodb.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]  # made above
            except canceled as error:
                reasons: Any = error.response.get("CancellationReasons", ())
                codes = [reason.get("Code") for reason in reasons]
                if codes == ["None", "ConditionalCheckFailed"]:
                    raise UploadExpiredError from error
                if _CHANGED.intersection(codes):
                    raise RevisionChangedError from error
                raise


def _upload(upload_id: str) -> str:
    return f"upload#{upload_id}"


def _attempts(history: AttemptHistory) -> list[dict[str, Any]]:
    return [
        {"id": each.upload_id, "at": iso_8601(each.started_at)}
        | ({"erased": True} if each.is_erased else {})
        for each in history.attempts
    ]
