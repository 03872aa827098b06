"""The rules of the lease, kept by the table itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from liveness.aws.dynamodb import DynamoDBVerdicts
from liveness.errors import Leased, LeaseLost
from liveness.model import Outcome, Upload, Verdict
from liveness.ports import Decided, Lease
from local.cloud import LocalCloud

MINUTE = timedelta(minutes=1)


class Clock:
    """A clock that tests move."""

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
        cloud.engine.session.client("dynamodb", endpoint_url=cloud.engine.url),
        cloud.outputs["VerdictsTableName"],
        keep_for=timedelta(days=90),
        now=clock,
    )


@pytest.fixture
def upload(request: pytest.FixtureRequest, clock: Clock) -> Upload:
    return Upload("claims", request.node.name, "v1", clock())


def decided(upload: Upload, clock: Clock, outcome: Outcome = Outcome.LIVE) -> Verdict:
    return Verdict(upload, outcome, clock())


def claimed(verdicts: DynamoDBVerdicts, upload: Upload) -> Lease:
    lease = verdicts.claim(upload, MINUTE, reopen_failed=True)
    assert isinstance(lease, Lease)
    return lease


def test_of_many_at_once_one_gets_the_lease(verdicts: DynamoDBVerdicts, upload: Upload) -> None:
    def attempt(_number: int) -> bool:
        try:
            return isinstance(verdicts.claim(upload, MINUTE, reopen_failed=True), Lease)
        except Leased:
            return False

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(32))) == 1


def test_a_lease_that_ran_out_is_taken_over_and_its_owner_records_nothing(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    first = claimed(verdicts, upload)
    clock.time += MINUTE

    second = claimed(verdicts, upload)

    assert second.taken_over
    with pytest.raises(LeaseLost):
        verdicts.record(first, decided(upload, clock, Outcome.NOT_LIVE))
    assert verdicts.record(second, decided(upload, clock))["outcome"] == "live"


def test_a_lease_is_kept_to_its_end(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    claimed(verdicts, upload)
    clock.time += MINUTE - timedelta(milliseconds=1)

    with pytest.raises(Leased):
        verdicts.claim(upload, MINUTE, reopen_failed=True)


def test_a_released_lease_is_free_at_once(verdicts: DynamoDBVerdicts, upload: Upload) -> None:
    first = claimed(verdicts, upload)
    verdicts.release(first)

    second = claimed(verdicts, upload)

    assert not first.taken_over
    assert not second.taken_over


def test_a_lease_is_released_by_its_owner_only(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    first = claimed(verdicts, upload)
    clock.time += MINUTE
    claimed(verdicts, upload)

    verdicts.release(first)

    with pytest.raises(Leased):
        verdicts.claim(upload, MINUTE, reopen_failed=True)


def test_a_decided_upload_is_told_until_and_after_it_was_announced(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    facts = verdicts.record(claimed(verdicts, upload), decided(upload, clock))

    assert verdicts.claim(upload, MINUTE, reopen_failed=True) == Decided(facts, announced=False)
    verdicts.mark_announced(facts)
    assert verdicts.claim(upload, MINUTE, reopen_failed=True) == Decided(facts, announced=True)


def test_a_failed_upload_may_be_decided_again(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    failed = verdicts.record(claimed(verdicts, upload), decided(upload, clock, Outcome.FAILED))
    verdicts.mark_announced(failed)

    again = claimed(verdicts, upload)
    assert not again.taken_over
    verdicts.mark_announced(failed)
    facts = verdicts.record(again, decided(upload, clock))

    assert verdicts.claim(upload, MINUTE, reopen_failed=True) == Decided(facts, announced=False)


def test_recording_twice_by_one_owner_is_recording_once(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    lease = claimed(verdicts, upload)

    assert verdicts.record(lease, decided(upload, clock)) == verdicts.record(
        lease, decided(upload, clock)
    )


def test_a_failed_upload_stays_failed_where_it_is_not_to_be_reopened(
    verdicts: DynamoDBVerdicts, upload: Upload, clock: Clock
) -> None:
    failed = verdicts.record(claimed(verdicts, upload), decided(upload, clock, Outcome.FAILED))

    standing = verdicts.claim(upload, MINUTE, reopen_failed=False)

    assert standing == Decided(failed, announced=False)
