"""The service down for longer than the whole retry schedule, and then fixed."""

from __future__ import annotations

import time

from tests.faults.fault_rules import Fault, FaultRule
from tests.faults.function_requests import Operation
from tests.faults.harness import Harness, without_waiting
from tests.faults.uploads import plan_uploads
from tests.local_cloud.polling import wait_until

UPLOADS = 20
UPLOADS_WITH_TOPIC = 4
TOPIC_FAILS_SECONDS = 6
FAILED_WITHIN_SECONDS = 180.0
REPLAYED_WITHIN_SECONDS = 60.0


def test_uploads_without_a_service_are_published_as_failed_and_decided_by_a_replay(
    harness: Harness,
) -> None:
    with harness.configured(proxied=False, first_delay=1, longest_delay=1):
        since = time.monotonic()
        harness.cloud.detectliveface.control.set_rules({"effect": "drop"})
        sent = harness.upload(plan_uploads("down", UPLOADS), and_then=without_waiting)
        harness.settle(sent, within=FAILED_WITHIN_SECONDS)
        wait_until(
            lambda: harness.function.in_failed_uploads() == UPLOADS,
            within=REPLAYED_WITHIN_SECONDS,
            what="every upload in FailedUploads",
        )
        seconds = time.monotonic() - since
        down = harness.observe("service down for the whole schedule", sent, seconds)

        since = time.monotonic()
        harness.cloud.detectliveface.control.set_rules()
        harness.replay(sent, within=REPLAYED_WITHIN_SECONDS)
        seconds = time.monotonic() - since
        replayed = harness.observe("… and replayed", sent, seconds, note="by `make replay`")

    assert down.outcomes == {"failed": UPLOADS}
    assert down.notifications == down.ids == UPLOADS
    assert (down.lost, down.billed) == (0, 0)
    assert replayed.outcomes == {"live": UPLOADS // 2, "not_live": UPLOADS // 2}
    assert replayed.ids == 2 * UPLOADS
    assert (replayed.wrong, replayed.lost, replayed.billed_twice) == (0, 0, 0)
    assert harness.function.in_failed_uploads() == 0


def test_an_upload_that_fails_while_the_topic_fails_too_is_still_published(
    harness: Harness,
) -> None:
    with harness.configured(proxied=True, first_delay=1, longest_delay=TOPIC_FAILS_SECONDS):
        since = time.monotonic()
        harness.cloud.detectliveface.control.set_rules({"effect": "error-ActionOffline"})
        harness.rules.set(FaultRule(Fault.ERROR, frozenset({Operation.PUBLISH})))
        planned = plan_uploads("down with the topic", UPLOADS_WITH_TOPIC)
        sent = harness.upload(planned, and_then=without_waiting)
        wait_until(
            lambda: bool(harness.rules.injected),
            within=FAILED_WITHIN_SECONDS,
            what="an upload that failed",
        )
        time.sleep(TOPIC_FAILS_SECONDS)
        harness.rules.disable()
        harness.settle(sent, within=FAILED_WITHIN_SECONDS)
        wait_until(
            lambda: harness.function.in_failed_uploads() == UPLOADS_WITH_TOPIC,
            within=REPLAYED_WITHIN_SECONDS,
            what="every upload in FailedUploads",
        )
        seconds = time.monotonic() - since
        result = harness.observe("service down, then the topic", sent, seconds)

    assert result.outcomes == {"failed": UPLOADS_WITH_TOPIC}
    assert (result.lost, result.ids) == (0, UPLOADS_WITH_TOPIC)
