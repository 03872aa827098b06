"""Transient errors of the service, with every event delivered twice."""

from __future__ import annotations

import time

from tests.faults.harness import Harness
from tests.faults.uploads import SentUpload, plan_uploads, rules_by_bytes

TRANSIENT_ERRORS = (
    {"effect": "error-FailedOperation.RequestLimitExceeded", "probability": 0.05},
    {"effect": "error-FailedOperation.ServerError", "probability": 0.05},
    {"effect": "drop", "probability": 0.02},
    {"effect": "garbage", "probability": 0.01},
)
WITHIN_SECONDS = 180.0


def test_each_upload_gets_one_true_verdict_and_is_billed_once(
    harness: Harness, upload_count: int
) -> None:
    def deliver_again(number: int, sent: SentUpload) -> None:
        """Alternately: at once through the queue, as a race, and afterwards as S3 does."""
        if number % 4 < 2:
            harness.function.send(sent.event())
        harness.wait_for_notification(sent)
        if number % 4 >= 2:
            harness.function.invoke(sent.event())

    planned = plan_uploads("duplicates", upload_count)
    with harness.configured(proxied=False):
        harness.cloud.detectliveface.control.set_rules(
            *TRANSIENT_ERRORS, *rules_by_bytes(planned), seed=1
        )
        since = time.monotonic()
        sent = harness.upload(planned, and_then=deliver_again)
        harness.settle(sent, within=WITHIN_SECONDS)
        seconds = time.monotonic() - since
        result = harness.observe("transient errors, every event twice", sent, seconds)

    assert result.rows == result.ids == upload_count
    assert (result.wrong, result.lost, result.billed_twice) == (0, 0, 0)
    assert result.outcomes == {
        "live": upload_count - upload_count // 2,
        "not_live": upload_count // 2,
    }
