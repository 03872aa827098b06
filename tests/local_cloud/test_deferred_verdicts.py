"""Deferred verdicts: saved under their own lease alone, whoever can send to RetryQueue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from liveness.aws.dynamodb import DynamoDBVerdicts
from liveness.decision import Thresholds, decide
from liveness.deferred_verdict import to_message
from liveness.models import Action, DeferredVerdict, Detection, Lease, Upload, Verdict
from local.cloud import LocalCloud
from tests.local_cloud.buckets import without_bucket_notifications
from tests.local_cloud.retries import RetryTest
from tests.local_cloud.settings import SHORT_SCHEDULE, function_settings
from tests.local_cloud.table import Table


@pytest.fixture(scope="module", autouse=True)
def _short_schedule(cloud: LocalCloud) -> Iterator[None]:
    with function_settings(cloud, **SHORT_SCHEDULE):
        yield


def acquire(retry_test: RetryTest, upload: Upload) -> Lease:
    """A lease that an invocation holds for a second."""
    verdicts = DynamoDBVerdicts(
        retry_test.cloud.client("dynamodb"),
        retry_test.cloud.outputs["VerdictsTableName"],
        retention=timedelta(days=1),
        now=lambda: datetime.now(UTC),
    )
    lease = verdicts.acquire_lease(upload, timedelta(seconds=1))
    assert isinstance(lease, Lease)
    return lease


def live_verdict(lease: Lease) -> str:
    """The message of a deferred verdict that says live."""
    detection = Detection(Action.DETECT_LIVE_FACE, "3.0", "a-request", is_liveness=True)
    decision = decide(detection, Thresholds())
    verdict = Verdict(lease.upload, decision.outcome, datetime.now(UTC), decision=decision)
    return to_message(DeferredVerdict(lease, verdict))


def test_a_deferred_verdict_is_saved_only_under_its_own_lease(retry_test: RetryTest) -> None:
    names = ["spoof-deferred.jpg", "spoof-forged.jpg"]
    with without_bucket_notifications(retry_test.cloud):
        versions = [retry_test.upload(name) for name in names]
    deferred, forged = (
        Upload(retry_test.uploader.bucket, f"retries/{name}", version, datetime.now(UTC))
        for name, version in zip(names, versions, strict=True)
    )
    lease = acquire(retry_test, deferred)

    retry_test.retry_queue.send(live_verdict(lease), live_verdict(Lease(forged, lease.token)))
    retry_test.collect_until(lambda: all(retry_test.outcomes(*versions)))

    assert retry_test.outcomes(*versions) == [["live"], ["not_live"]]
    calls = retry_test.control.calls().pictures
    assert f"/{deferred.bucket}/{deferred.key}" not in calls
    assert calls[f"/{forged.bucket}/{forged.key}"].billed == 1


def test_what_a_reader_of_the_table_sees_saves_no_verdict(
    retry_test: RetryTest, table: Table
) -> None:
    name = "spoof-read-from-the-table.jpg"
    with without_bucket_notifications(retry_test.cloud):
        version = retry_test.upload(name)
    upload = Upload(retry_test.uploader.bucket, f"retries/{name}", version, datetime.now(UTC))
    lease = acquire(retry_test, upload)
    row = table.row({"object": upload.object, "version": version})

    seen = [str(value) for name, value in row.items() if name.startswith("lease_token")]
    assert seen
    assert lease.token not in str(row)
    retry_test.retry_queue.send(*(live_verdict(Lease(upload, token)) for token in seen))
    retry_test.collect_until(lambda: bool(retry_test.published(version)))

    assert retry_test.outcomes(version) == [["not_live"]]
