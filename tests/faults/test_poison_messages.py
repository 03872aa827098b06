"""Messages that cannot be read, in one batch with others."""

from __future__ import annotations

import time

from tests.faults.harness import Harness, without_waiting
from tests.faults.uploads import plan_uploads
from tests.local_cloud.buckets import without_bucket_notifications
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.polling import wait_until
from tests.local_cloud.queues import Queue, event_source_disabled, reason_of

POISON = ("not JSON", '{"Records": [{"eventSource": "aws:ec2"}]}', '{"upload": "selfies/1.jpg"}')
BATCH = 10
VALID = BATCH - len(POISON)
WITHIN_SECONDS = 30.0


def test_of_a_batch_of_ten_seven_uploads_get_verdicts_and_three_messages_are_dead_lettered(
    harness: Harness,
) -> None:
    log = FunctionLog(harness.cloud)
    failed_uploads = Queue(harness.cloud.emulator, harness.cloud.outputs["FailedUploadsQueueUrl"])
    with harness.configured(proxied=False, first_delay=5, longest_delay=5):
        since = time.monotonic()
        with event_source_disabled(harness.cloud):
            with without_bucket_notifications(harness.cloud):
                sent = harness.upload(plan_uploads("poison", VALID), and_then=without_waiting)
            harness.function.send(*POISON, *(each.event() for each in sent))
        wait_until(
            lambda: [len(batch) for batch in log.metrics("Deliveries")] == [BATCH],
            within=WITHIN_SECONDS,
            what="one batch of ten messages",
        )
        harness.settle(sent, within=WITHIN_SECONDS)
        result = harness.observe(
            "batch of ten with three poison messages", sent, time.monotonic() - since
        )
        dead_letters = list(failed_uploads.receive_all())

    assert [len(batch) for batch in log.metrics("Deliveries")] == [BATCH], "none is redelivered"
    assert sorted(each["Body"] for each in dead_letters) == sorted(POISON)
    assert {reason_of(each) for each in dead_letters} == {"unknown_event"}
    assert result.rows == result.notifications == result.billed == VALID
    assert (result.wrong, result.lost) == (0, 0)
