"""The two tables as the API reads and writes them: items, conditions, errors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from liveness.errors import AwsServiceError
from liveness.models import Outcome, Verdict
from liveness.verdict_record import to_record
from tests.unit.use_case import UPLOAD
from upload_api.attempts import Answered, Attempt, AttemptHistory
from upload_api.uploads import Person, RevisionChangedError, UploadExpiredError
from upload_api.uploads_table import DynamoDBAttempts
from upload_api.verdicts_table import DynamoDBVerdictRows

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ANN = Person("ann", "a" * 32)
HISTORY = AttemptHistory(
    (
        Attempt("u-1", NOW - timedelta(minutes=1), is_erased=True),
        Attempt("u-2", NOW),
    ),
    NOW + timedelta(minutes=30),
    revision=3,
)


class ConditionFailedError(ClientError):
    """DynamoDB's ConditionalCheckFailedException."""


class TransactionCanceledError(ClientError):
    """DynamoDB's TransactionCanceledException."""


def canceled(*codes: str) -> TransactionCanceledError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return TransactionCanceledError(response, "TransactWriteItems")


def serialized(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in item.items()}


class DynamoDBInMemory:
    """Keeps what a transaction puts, and answers queries with the given items."""

    exceptions = SimpleNamespace(
        TransactionCanceledException=TransactionCanceledError,
        ConditionalCheckFailedException=ConditionFailedError,
    )

    def __init__(self, *items: Mapping[str, Any], error: Exception | None = None) -> None:
        self.items = [serialized(item) for item in items]
        self.error = error
        self.stored: dict[str, Any] = {}
        self.writes: list[dict[str, Any]] = []
        self.queries: list[dict[str, Any]] = []

    def transact_write_items(self, TransactItems: Any) -> None:  # noqa: N803 - AWS's name
        if self.error:
            raise self.error
        for write in TransactItems:
            self.writes.append(write)
            if "Put" in write:
                item = write["Put"]["Item"]
                self.stored[item["item"]["S"]] = item

    def update_item(self, **request: Any) -> None:
        assert request["ConditionExpression"] == "attribute_exists(started_at)"
        item = self.stored.get(request["Key"]["item"]["S"])
        if item is None:
            raise ConditionFailedError({}, "UpdateItem")
        name = request["UpdateExpression"].split()[1]
        item[name] = request["ExpressionAttributeValues"][":value"]

    def get_item(self, **request: Any) -> dict[str, Any]:
        assert request["ConsistentRead"]
        item = self.stored.get(request["Key"]["item"]["S"])
        return {"Item": item} if item else {}

    def query(self, **request: Any) -> dict[str, Any]:
        self.queries.append(request)
        return {"Items": self.items}


def attempts(dynamodb: DynamoDBInMemory) -> DynamoDBAttempts:
    client: Any = dynamodb
    return DynamoDBAttempts(client, "uploads")


def rows(*items: Mapping[str, Any]) -> DynamoDBVerdictRows:
    client: Any = DynamoDBInMemory(*items)
    return DynamoDBVerdictRows(client, "verdicts", UPLOAD.bucket, lambda: NOW)


def row(version: str, seconds: int, outcome: Outcome = Outcome.LIVE, **facts: str) -> Any:
    record = to_record(Verdict(UPLOAD, outcome, NOW, **facts))  # type: ignore[arg-type]  # reason, advice
    uploaded_at = (NOW + timedelta(seconds=seconds)).isoformat()
    return record | {"version": version, "uploaded_at": uploaded_at}


def test_a_history_is_read_as_it_was_stored() -> None:
    dynamodb = DynamoDBInMemory()

    attempts(dynamodb).add(ANN, HISTORY, "u-2", NOW + timedelta(minutes=30))

    read = attempts(dynamodb).history(ANN)
    assert (read.attempts, read.locked_until) == (HISTORY.attempts, HISTORY.locked_until)
    assert read.revision == 4
    assert attempts(dynamodb).started_at(ANN, "u-2") == NOW
    assert attempts(dynamodb).started_at(ANN, "u-1") is None


def test_a_person_without_attempts_has_an_empty_history() -> None:
    assert attempts(DynamoDBInMemory()).history(ANN) == AttemptHistory()


def test_a_history_replaces_only_the_revision_that_was_read() -> None:
    dynamodb = DynamoDBInMemory()

    attempts(dynamodb).lock(ANN, HISTORY, NOW)

    put = dynamodb.writes[0]["Put"]
    assert put["ConditionExpression"].endswith("revision = :revision")
    assert put["ExpressionAttributeValues"] == {":revision": {"N": "3"}}
    assert TypeDeserializer().deserialize(put["Item"]["expires_at"]) == int(NOW.timestamp())


@pytest.mark.parametrize("codes", [("ConditionalCheckFailed", "None"), ("TransactionConflict",)])
def test_a_changed_revision_is_no_fault(codes: tuple[str, ...]) -> None:
    dynamodb = DynamoDBInMemory(error=canceled(*codes))

    with pytest.raises(RevisionChangedError):
        attempts(dynamodb).add(ANN, HISTORY, "u-2", NOW)


def test_an_upload_that_was_started_before_is_not_replaced() -> None:
    dynamodb = DynamoDBInMemory(error=canceled("None", "ConditionalCheckFailed"))

    with pytest.raises(UploadExpiredError):
        attempts(dynamodb).add(ANN, HISTORY, "u-2", NOW)


def test_any_other_canceled_transaction_is_a_fault() -> None:
    dynamodb = DynamoDBInMemory(error=canceled("ThrottlingError"))

    with pytest.raises(AwsServiceError):
        attempts(dynamodb).lock(ANN, HISTORY, NOW)


def test_erasing_marks_the_attempt_and_keeps_the_form_used_up() -> None:
    dynamodb = DynamoDBInMemory()
    attempts(dynamodb).add(ANN, HISTORY, "u-2", NOW)
    dynamodb.writes.clear()

    attempts(dynamodb).close(ANN, "u-2")
    attempts(dynamodb).erase(ANN, "u-2")

    (update,) = dynamodb.writes
    marked = TypeDeserializer().deserialize(
        update["Update"]["ExpressionAttributeValues"][":attempts"]
    )
    assert [each["erased"] for each in marked] == [True, True]
    assert dynamodb.stored["upload#u-2"]["used_by"] == {"S": "erased"}
    assert attempts(dynamodb).started_at(ANN, "u-2") is None


def test_erasing_an_upload_that_no_longer_counts_leaves_the_history_alone() -> None:
    dynamodb = DynamoDBInMemory()

    attempts(dynamodb).erase(ANN, "u-old")

    assert dynamodb.writes == []
    assert dynamodb.stored == {}


def test_the_picture_that_used_the_form_up_counts() -> None:
    used = row("v0", 1, Outcome.RETAKE, reason="upload_used", advice="Start a new one.")

    found = rows(used, row("v1", 3, Outcome.NOT_LIVE)).rows(UPLOAD.key)

    assert found.verdict
    assert found.verdict.outcome is Outcome.NOT_LIVE
    assert set(found.versions) == {"v0", "v1"}


@pytest.mark.parametrize(("expires", "is_leased"), [(1, True), (-1, False)])
def test_a_lease_counts_until_it_expires(expires: int, is_leased: bool) -> None:
    expires_at = (NOW + timedelta(seconds=expires)).isoformat()
    lease = {"object": UPLOAD.object, "version": "v1", "lease_expires_at": expires_at}

    found = rows(lease).rows(UPLOAD.key)

    assert (found.verdict, found.is_leased, found.versions) == (None, is_leased, ("v1",))


def test_a_made_up_row_is_a_fault() -> None:
    with pytest.raises(AwsServiceError):
        rows(row("v1", 1) | {"outcome": "certainly"}).rows(UPLOAD.key)


def test_only_uploads_by_the_api_count_and_technical_retakes_are_marked() -> None:
    def item(key: str, outcome: str, reason: str = "") -> dict[str, str]:
        return {"object": f"s3://{UPLOAD.bucket}/{key}", "outcome": outcome, "reason": reason}

    prefix = f"selfies/{ANN.hash}/"
    table = rows(
        item(f"{prefix}u-1", "retake", "aspect_ratio"),
        item(f"{prefix}u-2", "retake", "no_face"),
        item(f"{prefix}u-3", "live"),
        item("selfies/elsewhere/u-4", "live"),
    )

    answers = table.answered(ANN, NOW)

    assert answers == {
        "u-1": Answered(is_technical_retake=True),
        "u-2": Answered(),
        "u-3": Answered(),
    }
