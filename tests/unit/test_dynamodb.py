"""The verdicts table: its items as DynamoDB holds them, and what its conditional writes return."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from liveness.aws.dynamodb import DynamoDBVerdicts
from liveness.errors import AwsServiceError, LeaseHeldError, LeaseLostError
from liveness.models import Lease, Outcome, PictureUse, StoredVerdict, Verdict
from liveness.verdict_record import Record, to_record
from tests.unit.strategies import VERDICTS
from tests.unit.use_case import UPLOAD

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKEN = "a token"
HASH = hashlib.sha256(TOKEN.encode()).hexdigest()
VERDICT = Verdict(UPLOAD, Outcome.RETAKE, NOW, reason="empty_file", advice="Again.")
REOPENED = "(outcome = :failed AND attribute_exists(published_at))"
LEASED: Record = {
    "object": UPLOAD.object,
    "version": UPLOAD.version,
    "lease_token_hash": "of another invocation",
    "lease_expires_at": "2026-11-23T11:00:00.000Z",
    "expires_at": 1,
}


def serialized(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in record.items()}


def deserialized(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


class ConditionFailed(ClientError):
    """DynamoDB's ConditionalCheckFailedException."""


class DynamoDBInMemory:
    """Answers every write: with `before` as what was there, or with the error."""

    exceptions = SimpleNamespace(ConditionalCheckFailedException=ConditionFailed)

    def __init__(
        self, before: Mapping[str, Any] | None = None, error: Exception | None = None
    ) -> None:
        self.before = serialized(before) if before else {}
        self.error = error
        self.requests: list[dict[str, Any]] = []

    def put_item(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        if self.error:
            raise self.error
        return {"Attributes": self.before} if self.before else {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        assert request["ConsistentRead"]
        if self.error:
            raise self.error
        return {"Item": self.before} if self.before else {}

    def query(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        if self.error:
            raise self.error
        return {"Items": [self.before]} if self.before else {"Items": []}

    def update_item(self, **request: Any) -> None:
        self.requests.append(request)
        if self.error:
            raise self.error

    @property
    def item(self) -> dict[str, Any]:
        (request,) = self.requests
        return deserialized(request["Item"])

    @property
    def values(self) -> dict[str, Any]:
        (request,) = self.requests
        return deserialized(request["ExpressionAttributeValues"])


def condition_failed(before: Mapping[str, Any] | None = None) -> ClientError:
    response: Any = {"Error": {"Code": "ConditionalCheckFailedException"}}
    return ConditionFailed(response | ({"Item": serialized(before)} if before else {}), "PutItem")


def table(dynamodb: DynamoDBInMemory) -> DynamoDBVerdicts:
    client: Any = dynamodb
    return DynamoDBVerdicts(client, "verdicts", timedelta(days=90), lambda: NOW, lambda: TOKEN)


def acquire(dynamodb: DynamoDBInMemory) -> Lease | StoredVerdict:
    return table(dynamodb).acquire_lease(UPLOAD, timedelta(minutes=1))


def test_a_new_lease_has_the_hash_of_its_token_and_its_end() -> None:
    dynamodb = DynamoDBInMemory()

    assert acquire(dynamodb) == Lease(UPLOAD, TOKEN)
    assert dynamodb.item == {
        "object": UPLOAD.object,
        "version": UPLOAD.version,
        "lease_token_hash": HASH,
        "lease_expires_at": "2026-11-23T12:01:00.000Z",
        "expires_at": int((NOW + timedelta(days=90)).timestamp()),
    }


def test_only_a_published_failed_verdict_is_reopened() -> None:
    dynamodb = DynamoDBInMemory()

    acquire(dynamodb)

    (request,) = dynamodb.requests
    assert request["ConditionExpression"].endswith(REOPENED)
    assert dynamodb.values[":failed"] == "failed"


def test_a_lease_whose_response_was_lost_is_released() -> None:
    dynamodb = DynamoDBInMemory(error=ReadTimeoutError(endpoint_url="https://x"))

    with pytest.raises(AwsServiceError):
        acquire(dynamodb)

    put, update = dynamodb.requests
    assert "Item" in put
    assert update["ConditionExpression"].startswith("lease_token_hash = :hash")
    assert deserialized(update["ExpressionAttributeValues"])[":hash"] == HASH


@pytest.mark.parametrize(
    ("before", "is_takeover"),
    [
        (LEASED, True),
        ({name: LEASED[name] for name in LEASED if name != "lease_token_hash"}, False),
        (to_record(VERDICT) | {"outcome": "failed", "lease_token_hash": "x"}, False),
    ],
    ids=["expired", "released", "failed"],
)
def test_only_an_expired_lease_is_taken_over(before: Record, *, is_takeover: bool) -> None:
    assert acquire(DynamoDBInMemory(before)) == Lease(UPLOAD, TOKEN, is_takeover=is_takeover)


def test_a_put_that_botocore_sent_twice_acquires_the_lease() -> None:
    dynamodb = DynamoDBInMemory(error=condition_failed(LEASED | {"lease_token_hash": HASH}))

    assert acquire(dynamodb) == Lease(UPLOAD, TOKEN)


def test_a_lease_of_another_invocation_is_held() -> None:
    with pytest.raises(LeaseHeldError, match="until 2026-11-23T11:00"):
        acquire(DynamoDBInMemory(error=condition_failed(LEASED)))


@given(VERDICTS, st.booleans())
def test_every_saved_verdict_is_returned_by_the_next_acquire(
    verdict: Verdict, is_published: bool
) -> None:
    dynamodb = DynamoDBInMemory()
    table(dynamodb).save(Lease(verdict.upload, "of another invocation"), verdict)
    # As mark_published and DynamoDB leave it; what is no record is ignored.
    item = dynamodb.item | ({"published_at": "2026"} if is_published else {}) | {"odd": {"a": [1]}}

    before = table(DynamoDBInMemory(error=condition_failed(item))).acquire_lease(
        verdict.upload, timedelta(minutes=1)
    )

    assert before == StoredVerdict(verdict, is_published=is_published)


def test_a_verdict_is_saved_only_under_its_own_lease() -> None:
    dynamodb = DynamoDBInMemory(error=condition_failed())

    with pytest.raises(LeaseLostError):
        table(dynamodb).save(Lease(UPLOAD, TOKEN), VERDICT)

    (request,) = dynamodb.requests
    assert request["ConditionExpression"] == "lease_token_hash = :hash"
    assert dynamodb.values == {":hash": HASH}
    assert TOKEN not in str(dynamodb.item)


def test_an_item_that_is_no_verdict_is_an_error_of_dynamodb() -> None:
    dynamodb = DynamoDBInMemory(error=condition_failed({"outcome": "sure", "version": "v1"}))

    with pytest.raises(AwsServiceError, match="MalformedItem"):
        acquire(dynamodb)


def test_marking_and_releasing_leave_an_item_alone_that_has_moved_on() -> None:
    for dynamodb in (DynamoDBInMemory(), DynamoDBInMemory(error=condition_failed())):
        table(dynamodb).mark_published(VERDICT)
        table(dynamodb).release_lease(Lease(UPLOAD, TOKEN))

        conditions = [request["ConditionExpression"] for request in dynamodb.requests]
        assert conditions == [
            "id = :id",
            "lease_token_hash = :hash AND attribute_not_exists(outcome)",
        ]


def test_a_verdict_is_read_as_it_is_now_and_a_lease_is_none() -> None:
    record = to_record(VERDICT) | {"published_at": "2026"}

    assert table(DynamoDBInMemory(record)).read(UPLOAD) == StoredVerdict(VERDICT, is_published=True)
    assert table(DynamoDBInMemory(LEASED)).read(UPLOAD) is None
    assert table(DynamoDBInMemory()).read(UPLOAD) is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "InternalServerError"}}, "PutItem"), "InternalServerError"),
        (ReadTimeoutError(endpoint_url="https://x"), "ReadTimeoutError"),
    ],
)
def test_a_failure_of_dynamodb_has_its_code(error: Exception, code: str) -> None:
    verdicts = table(DynamoDBInMemory(error=error))
    lease = Lease(UPLOAD, TOKEN)
    for write in (
        lambda: verdicts.acquire_lease(UPLOAD, timedelta(minutes=1)),
        lambda: verdicts.save(lease, VERDICT),
        lambda: verdicts.read(UPLOAD),
        lambda: verdicts.mark_published(VERDICT),
        lambda: verdicts.release_lease(lease),
    ):
        with pytest.raises(AwsServiceError) as failed:
            write()
        assert (failed.value.service, failed.value.code) == ("dynamodb", code)


USE: Record = {
    "object": "s3://selfies/bob/1.png",
    "version": "v0",
    "decided_at": "2026-11-23T11:00:00.000Z",
    "outcome": "not_live",
}


def test_the_uses_of_a_picture_are_one_bounded_query_of_its_index_the_oldest_first() -> None:
    dynamodb = DynamoDBInMemory(before=USE | {"subject": "bob"})

    uses = table(dynamodb).uses_of("0f")

    assert uses == [PictureUse("s3://selfies/bob/1.png", "v0", "bob", Outcome.NOT_LIVE)]
    (request,) = dynamodb.requests
    assert dynamodb.values == {":digest": "0f"}
    assert (request["IndexName"], request["Limit"]) == ("by_picture", 100)
    # Without it, DynamoDB reads in ascending order.
    assert "ScanIndexForward" not in request


def test_a_use_without_a_subject_is_of_nobody_and_no_use_is_an_empty_answer() -> None:
    (use,) = table(DynamoDBInMemory(before=USE)).uses_of("0f")

    assert use.subject is None
    assert table(DynamoDBInMemory()).uses_of("0f") == []


def test_a_use_with_an_outcome_that_is_none_is_an_error_of_dynamodb() -> None:
    with pytest.raises(AwsServiceError, match="MalformedItem"):
        table(DynamoDBInMemory(before=USE | {"outcome": "sure"})).uses_of("0f")


def test_a_failed_query_has_the_code_of_dynamodb() -> None:
    error = ClientError({"Error": {"Code": "InternalServerError"}}, "Query")

    with pytest.raises(AwsServiceError, match="dynamodb: InternalServerError"):
        table(DynamoDBInMemory(error=error)).uses_of("0f")
