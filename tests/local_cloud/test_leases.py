"""The rules of the lease, enforced by the table itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from liveness.aws.dynamodb import DynamoDBVerdicts
from liveness.errors import LeaseHeldError, LeaseLostError
from liveness.models import Lease, Outcome, StoredVerdict, Upload, Verdict
from local.cloud import LocalCloud
from tests.local_cloud.table import Table

MINUTE = timedelta(minutes=1)


class Clock:
    """A clock that tests advance."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verdicts(cloud: LocalCloud, clock: Clock) -> DynamoDBVerdicts:
    return DynamoDBVerdicts(
        cloud.client("dynamodb"),
        cloud.outputs["VerdictsTableName"],
        retention=timedelta(days=90),
        now=clock,
    )


@pytest.fixture
def upload(request: pytest.FixtureRequest, clock: Clock) -> Upload:
    return Upload("leases", request.node.name, "v1", clock())


def verdict_on(upload: Upload, clock: Clock, outcome: Outcome = Outcome.LIVE) -> Verdict:
    return Verdict(upload, outcome, clock())


def acquire(verdicts: DynamoDBVerdicts, upload: Upload) -> Lease:
    lease = verdicts.acquire_lease(upload, MINUTE)
    assert isinstance(lease, Lease)
    return lease


def test_of_many_concurrent_attempts_one_acquires_the_lease(
    verdicts: DynamoDBVerdicts, upload: Upload
) -> None:
    def attempt(_number: int) -> bool:
        try:
            return isinstance(verdicts.acquire_lease(upload, MINUTE), Lease)
        except LeaseHeldError:
            return False

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(32))) == 1


def test_an_expired_lease_is_taken_over_and_its_former_holder_cannot_save(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock, table: Table
) -> None:
    first = acquire(verdicts, upload)
    clock.time += MINUTE

    second = acquire(verdicts, upload)

    assert second.is_takeover
    with pytest.raises(LeaseLostError):
        verdicts.save(first, verdict_on(upload, clock, Outcome.NOT_LIVE))
    verdicts.save(second, verdict_on(upload, clock))
    assert table.row({"object": upload.object, "version": "v1"})["outcome"] == "live"


def test_a_lease_is_held_until_it_expires(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    acquire(verdicts, upload)
    clock.time += MINUTE - timedelta(milliseconds=1)

    with pytest.raises(LeaseHeldError):
        verdicts.acquire_lease(upload, MINUTE)


def test_a_released_lease_can_be_acquired_at_once(
    verdicts: DynamoDBVerdicts, upload: Upload
) -> None:
    first = acquire(verdicts, upload)
    verdicts.release_lease(first)

    second = acquire(verdicts, upload)

    assert not first.is_takeover
    assert not second.is_takeover


def test_only_its_holder_can_release_a_lease(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    first = acquire(verdicts, upload)
    clock.time += MINUTE
    acquire(verdicts, upload)

    verdicts.release_lease(first)

    with pytest.raises(LeaseHeldError):
        verdicts.acquire_lease(upload, MINUTE)


def test_a_stored_verdict_is_returned_before_and_after_its_publication(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    verdict = verdict_on(upload, clock)
    verdicts.save(acquire(verdicts, upload), verdict)

    stored = verdicts.acquire_lease(upload, MINUTE)
    assert stored == StoredVerdict(verdict, is_published=False)
    verdicts.mark_published(verdict)
    stored = verdicts.acquire_lease(upload, MINUTE)
    assert stored == StoredVerdict(verdict, is_published=True)


def test_a_failed_upload_can_be_decided_again(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    failed = verdict_on(upload, clock, Outcome.FAILED)
    verdicts.save(acquire(verdicts, upload), failed)
    verdicts.mark_published(failed)

    again = acquire(verdicts, upload)
    assert not again.is_takeover
    verdicts.mark_published(failed)
    live = verdict_on(upload, clock)
    verdicts.save(again, live)

    stored = verdicts.acquire_lease(upload, MINUTE)
    assert stored == StoredVerdict(live, is_published=False)


def test_the_holder_of_a_lease_can_save_twice(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock, table: Table
) -> None:
    lease = acquire(verdicts, upload)
    verdicts.save(lease, verdict_on(upload, clock))
    first = table.row({"object": upload.object, "version": "v1"})

    verdicts.save(lease, verdict_on(upload, clock))

    assert first["outcome"] == "live"
    assert table.row({"object": upload.object, "version": "v1"}) == first


def test_a_failed_upload_stays_failed_where_it_must_not_be_reopened(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    failed = verdict_on(upload, clock, Outcome.FAILED)
    verdicts.save(acquire(verdicts, upload), failed)

    stored = verdicts.acquire_lease(upload, MINUTE)

    assert stored == StoredVerdict(failed, is_published=False)
