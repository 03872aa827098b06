"""The key of the service replaced in the middle of a burst."""

from __future__ import annotations

import time

from liveness.tencent.signing import Credentials
from local.cloud import fill_secret
from tests.faults.sent import Sent, names
from tests.faults.stage import AT_A_TIME, Stage, wait_until
from tests.local_cloud.function_log import FunctionLog

UPLOADS = 60
RENEWED = Credentials("FAKEIDROTATED", "fakekeyrotated")
WITHIN_SECONDS = 120.0


def test_a_key_rotated_in_a_burst_costs_no_upload_even_a_retry(stage: Stage) -> None:
    control, secret = stage.cloud.detectliveface.control, stage.cloud.outputs["TencentSecretArn"]

    def rotate_half_way(number: int, sent: Sent) -> None:
        if number == UPLOADS // 2:
            # Only who has asked before remembers the old key.
            wait_until(
                lambda: len(stage.ear.heard_in("rotation")) >= AT_A_TIME,
                within=WITHIN_SECONDS,
                what="answers by the old key",
            )
            control.set_credentials(stage.cloud.credentials, RENEWED)
            fill_secret(stage.cloud.engine, secret, RENEWED)
            control.set_credentials(RENEWED)
        stage.wait_for_answer(sent)

    before, log = control.calls().total, FunctionLog(stage.cloud)
    try:
        with stage.set(harmed=False):
            since = time.monotonic()
            sent = stage.upload(names("rotation", UPLOADS), and_then=rotate_half_way)
            stage.settle(sent, within=WITHIN_SECONDS)
            calls = control.calls(before).calls
            refused = sum(call.outcome.startswith("AuthFailure") for call in calls)
            tally = stage.tally(
                "key rotated half-way, old one refused",
                sent,
                time.monotonic() - since,
                note=f"refused: {refused}",
            )
    finally:
        fill_secret(stage.cloud.engine, secret, stage.cloud.credentials)
        control.set_credentials(stage.cloud.credentials)

    assert refused
    assert tally.outcomes == {"live": UPLOADS // 2, "not_live": UPLOADS // 2}
    assert (tally.wrong, tally.lost, tally.billed) == (0, 0, UPLOADS)
    assert [line for line in log.faults() if line["reason"].startswith("credentials")] == []
