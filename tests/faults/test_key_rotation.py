"""The API key of the service replaced in the middle of a burst."""

from __future__ import annotations

import time

import pytest

from liveness.credentials import TencentCredentials
from local.cloud import put_credentials
from tests.faults.harness import CONCURRENCY, Harness
from tests.faults.uploads import SentUpload, plan_uploads
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.polling import wait_until

UPLOADS = 60
RENEWED = TencentCredentials("FAKEIDROTATED", "fakekeyrotated")
# An upload whose invocation failed without releasing its lease waits for the lease's end.
WITHIN_SECONDS = 240.0


@pytest.mark.slow
def test_a_key_rotated_in_a_burst_costs_no_upload_even_a_redelivery(harness: Harness) -> None:
    control = harness.cloud.detectliveface.control
    emulator, secret = harness.cloud.emulator, harness.cloud.outputs["TencentSecretArn"]

    def rotate_half_way(number: int, sent: SentUpload) -> None:
        if number == UPLOADS // 2:
            # Only sandboxes that have called before have cached the old key.
            wait_until(
                lambda: len(harness.notifications.about_folder("rotation")) >= CONCURRENCY,
                within=WITHIN_SECONDS,
                what="verdicts with the old key",
            )
            control.set_credentials(harness.cloud.credentials, RENEWED)
            put_credentials(emulator, secret, RENEWED)
            control.set_credentials(RENEWED)
        harness.wait_for_notification(sent)

    before, log = control.calls().total, FunctionLog(harness.cloud)
    try:
        with harness.configured(proxied=False):
            since = time.monotonic()
            sent = harness.upload(plan_uploads("rotation", UPLOADS), and_then=rotate_half_way)
            harness.settle(sent, within=WITHIN_SECONDS)
            calls = control.calls(before).calls
            refused = sum(call.outcome.startswith("AuthFailure") for call in calls)
            result = harness.observe(
                "key rotated half-way, old key refused",
                sent,
                time.monotonic() - since,
                note=f"refused: {refused}",
            )
    finally:
        put_credentials(emulator, secret, harness.cloud.credentials)
        control.set_credentials(harness.cloud.credentials)

    assert refused
    assert result.outcomes == {"live": UPLOADS // 2, "not_live": UPLOADS // 2}
    assert (result.wrong, result.lost, result.billed) == (0, 0, UPLOADS)
    errors = [each for each in log.errors() if each["reason"].startswith("credentials")]
    assert errors == []
