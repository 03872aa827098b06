"""A service that sends its response's head byte by byte, until Lambda ends the invocation."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from liveness.process_upload import RESERVED_AFTER_DETECTION
from tests.faults.fault_rules import Fault, FaultRule
from tests.faults.function_requests import Operation
from tests.faults.harness import Harness, without_waiting
from tests.faults.uploads import plan_uploads
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.polling import wait_until
from tests.local_cloud.table import Table

UPLOADS = 2
DETECTION_SECONDS = 3
DRIPS_WITHIN_SECONDS = 30.0
DECIDED_WITHIN_SECONDS = 150.0


def test_the_upload_is_decided_by_a_later_delivery_and_the_lease_outlives_the_invocation(
    harness: Harness,
) -> None:
    table = Table(harness.cloud.emulator, harness.cloud.outputs["VerdictsTableName"])
    log = FunctionLog(harness.cloud)
    with harness.configured(
        proxied=True, first_delay=1, longest_delay=2, detection_seconds=DETECTION_SECONDS
    ):
        since, started = time.monotonic(), datetime.now(UTC)
        harness.rules.set(FaultRule(Fault.DRIP, frozenset({Operation.DETECT}), times=1))
        sent = harness.upload(plan_uploads("dripping head", UPLOADS), and_then=without_waiting)
        wait_until(
            lambda: harness.rules.injected.total() == UPLOADS,
            within=DRIPS_WITHIN_SECONDS,
            what="a dripping response for each upload",
        )
        rows = [table.row({"object": each.object, "version": each.version}) for each in sent]
        # Before `settle`, which sends again what is silent for as long as this.
        wait_until(
            lambda: not harness.unpublished(sent),
            within=DECIDED_WITHIN_SECONDS,
            what="a verdict on each upload",
        )
        harness.settle(sent, within=DECIDED_WITHIN_SECONDS)
        result = harness.observe("dripping head", sent, time.monotonic() - since)

    timeout = timedelta(seconds=DETECTION_SECONDS) + RESERVED_AFTER_DETECTION
    for row in rows:
        assert datetime.fromisoformat(row["lease_expires_at"]) > started + timeout
    assert "leased" in {error["reason"] for error in log.errors()}
    assert result.seconds > timeout.total_seconds(), "the invocation was not held"
    assert result.outcomes == {"live": UPLOADS // 2, "not_live": UPLOADS // 2}
    assert (result.wrong, result.lost, result.billed_twice) == (0, 0, 0)
