"""A bad day of the service, with every event delivered twice."""

from __future__ import annotations

import json
import time

from tests.faults.sent import Sent, names
from tests.faults.stage import Stage

BAD_DAY = (
    {"effect": "error-FailedOperation.RequestLimitExceeded", "probability": 0.05},
    {"effect": "error-FailedOperation.ServerError", "probability": 0.05},
    {"effect": "drop", "probability": 0.02},
    {"effect": "garbage", "probability": 0.01},
)
WITHIN_SECONDS = 180.0


def test_every_upload_gets_one_true_answer_and_is_paid_for_once(stage: Stage, uploads: int) -> None:
    def deliver_again(number: int, sent: Sent) -> None:
        """In turn: at once through the queue, so that both race, and as S3 does, afterwards."""
        if number % 4 < 2:
            stage.function.send(json.dumps(sent.event()))
        stage.wait_for_answer(sent)
        if number % 4 >= 2:
            stage.function.deliver(sent.event())

    with stage.set(harmed=False):
        stage.cloud.detectliveface.control.set_rules(*BAD_DAY, seed=1)
        since = time.monotonic()
        sent = stage.upload(names("bad-day", uploads), and_then=deliver_again)
        stage.settle(sent, within=WITHIN_SECONDS)
        tally = stage.tally("bad day, every event twice", sent, time.monotonic() - since)

    assert tally.rows == tally.ids == uploads
    assert (tally.wrong, tally.lost, tally.billed_twice) == (0, 0, 0)
    assert tally.outcomes == {"live": uploads - uploads // 2, "not_live": uploads // 2}
