"""Messages that nobody can read, in one batch with others."""

from __future__ import annotations

import json
import time

from tests.faults.sent import names
from tests.faults.stage import Stage, not_waiting, wait_until
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.queues import unnoticed, unworked

POISON = ("not JSON", '{"Records": [{"eventSource": "aws:ec2"}]}', '{"upload": "selfies/1.jpg"}')
BATCH = 10
GOOD = BATCH - len(POISON)
WITHIN_SECONDS = 30.0


def test_of_a_batch_of_ten_with_three_poison_messages_seven_are_deleted_and_three_come_back(
    stage: Stage,
) -> None:
    log = FunctionLog(stage.cloud)
    with stage.set(harmed=False, first_delay=5, longest_delay=5):
        since = time.monotonic()
        with unworked(stage.cloud):
            with unnoticed(stage.cloud):
                sent = stage.upload(names("poison", GOOD), and_then=not_waiting)
            stage.function.send(*POISON, *(json.dumps(each.event()) for each in sent))
        wait_until(
            lambda: [len(batch) for batch in log.metrics("Deliveries")] == [BATCH],
            within=WITHIN_SECONDS,
            what="one batch of ten messages",
        )
        with unworked(stage.cloud):
            left = stage.function.waiting()
            came_back: list[tuple[str, int]] = []

            def has_all_back() -> bool:
                came_back.extend(stage.function.take())
                return len(came_back) >= left

            wait_until(has_all_back, within=WITHIN_SECONDS, what=f"{left} messages back")
        stage.settle(sent, within=WITHIN_SECONDS)
        tally = stage.tally(
            "batch of ten, three of them poison",
            sent,
            time.monotonic() - since,
            note=f"came back: {left}",
        )

    assert sorted(came_back) == sorted((body, 2) for body in POISON)
    assert tally.rows == tally.announcements == tally.billed == GOOD
    assert (tally.wrong, tally.lost) == (0, 0)
