"""The service down for longer than the whole schedule, and mended then."""

from __future__ import annotations

import time

from tests.faults.harm import Harm, Rule
from tests.faults.sent import names
from tests.faults.stage import Stage, not_waiting, wait_until
from tests.faults.step import Step

UPLOADS = 20
BOTH = 4
TOPIC_FAILS_SECONDS = 6
GIVEN_UP_WITHIN_SECONDS = 180.0
REPLAYED_WITHIN_SECONDS = 60.0


def test_uploads_that_found_no_service_are_told_to_have_failed_and_decided_by_a_replay(
    stage: Stage,
) -> None:
    with stage.set(harmed=False, first_delay=1, longest_delay=1):
        since = time.monotonic()
        stage.cloud.detectliveface.control.set_rules({"effect": "drop"})
        sent = stage.upload(names("down", UPLOADS), and_then=not_waiting)
        stage.settle(sent, within=GIVEN_UP_WITHIN_SECONDS)
        wait_until(
            lambda: stage.function.failed() == UPLOADS,
            within=REPLAYED_WITHIN_SECONDS,
            what="every upload in FailedUploads",
        )
        down = stage.tally("service down for the whole schedule", sent, time.monotonic() - since)

        since = time.monotonic()
        stage.cloud.detectliveface.control.set_rules()
        stage.replay(sent, within=REPLAYED_WITHIN_SECONDS)
        replayed = stage.tally(
            "… and replayed", sent, time.monotonic() - since, note="by `make replay`"
        )

    assert down.outcomes == {"failed": UPLOADS}
    assert down.announcements == down.ids == UPLOADS
    assert (down.lost, down.billed) == (0, 0)
    assert replayed.outcomes == {"live": UPLOADS // 2, "not_live": UPLOADS // 2}
    assert replayed.ids == 2 * UPLOADS
    assert (replayed.wrong, replayed.lost, replayed.billed_twice) == (0, 0, 0)
    assert stage.function.failed() == 0


def test_an_upload_that_is_given_up_while_the_topic_fails_too_is_still_told_of(
    stage: Stage,
) -> None:
    with stage.set(harmed=True, first_delay=1, longest_delay=TOPIC_FAILS_SECONDS):
        since = time.monotonic()
        stage.cloud.detectliveface.control.set_rules({"effect": "error-ActionOffline"})
        stage.rules.set(Rule(Harm.FAILS, frozenset({Step.ANNOUNCE})))
        sent = stage.upload(names("down with the topic", BOTH), and_then=not_waiting)
        wait_until(
            lambda: bool(stage.rules.done),
            within=GIVEN_UP_WITHIN_SECONDS,
            what="an upload that was given up",
        )
        time.sleep(TOPIC_FAILS_SECONDS)
        stage.rules.lift()
        stage.settle(sent, within=GIVEN_UP_WITHIN_SECONDS)
        wait_until(
            lambda: stage.function.failed() == BOTH,
            within=REPLAYED_WITHIN_SECONDS,
            what="every upload in FailedUploads",
        )
        tally = stage.tally("service down, then the topic", sent, time.monotonic() - since)

    assert tally.outcomes == {"failed": BOTH}
    assert (tally.lost, tally.ids) == (0, BOTH)
