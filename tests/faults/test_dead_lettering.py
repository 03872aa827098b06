"""Sending to FailedUploads fails for a while or always: no message is lost on the way there.

What the function cannot send, the redrive policy of RetryQueue moves after thirty receives.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from operations.failed import peek
from tests.faults.fault_rules import Fault, FaultRule
from tests.faults.function_requests import Operation
from tests.faults.harness import Harness, without_waiting
from tests.faults.report import ScenarioResult
from tests.faults.uploads import SentUpload, plan_uploads
from tests.local_cloud.polling import wait_until
from tests.local_cloud.queues import reason_of

UPLOADS_EACH = 2
MAX_ATTEMPTS = 3
# Longer than two messages of a batch take whose responses are slow.
VISIBILITY = 20
# A batch whose function was killed is redelivered after this.
KILLED_VISIBILITY = 8
WITHIN_SECONDS = 180.0

# The requests of one delivery: the next one succeeds.
FAILED_REQUESTS = 2
NOT_SENT = (Fault.ERROR, Fault.THROTTLING, Fault.RESET)
# The message was sent, but the function cannot know that: it is sent again.
SENT = (Fault.SLOW, Fault.LOST_RESPONSE)
KILLED = (Fault.KILL_BEFORE, Fault.KILL_AFTER)
ALWAYS = "dead-lettering always fails"
POISON = "not an upload"

DEAD_LETTER = frozenset({Operation.DEAD_LETTER})

type Reasons = Sequence[str | None]


def scenario(fault: Fault) -> str:
    return f"dead-lettering {fault}"


@dataclass(frozen=True, slots=True)
class DeadLettered:
    """What became of the uploads before and after a replay, by scenario.

    `reasons` are the attributes of the messages in FailedUploads, by an upload's version or by a
    message's body.
    """

    failed: Mapping[str, ScenarioResult]
    replayed: Mapping[str, ScenarioResult]
    reasons: Mapping[str, Reasons]

    def reasons_of(self, name: str) -> list[Reasons]:
        """The reasons in the messages of each upload of a scenario."""
        uploads = self.failed[name].uploads
        return [self.reasons.get(upload.sent.version, []) for upload in uploads]


@pytest.fixture(scope="module")
def unsent(harness: Harness) -> DeadLettered:
    """Errors, throttling and lost responses, for one delivery and always; a poison message too."""
    faults = (*NOT_SENT, *SENT)
    rules = [rule(fault, scenario(fault), times=FAILED_REQUESTS) for fault in faults]
    rules.append(rule(Fault.ERROR, ALWAYS))
    # A request with a message that describes no upload names no object.
    rules.append(FaultRule(Fault.ERROR, DEAD_LETTER, "", times=FAILED_REQUESTS))
    names = [*map(scenario, faults), ALWAYS]
    return dead_letter(harness, names, rules, [POISON], visibility=VISIBILITY)


@pytest.fixture(scope="module")
def killed(harness: Harness) -> DeadLettered:
    """The function killed before and after it sends the message."""
    rules = [rule(fault, scenario(fault), times=1) for fault in KILLED]
    names = [*map(scenario, KILLED)]
    return dead_letter(harness, names, rules, [], visibility=KILLED_VISIBILITY)


def rule(fault: Fault, folder: str, *, times: int | None = None) -> FaultRule:
    return FaultRule(fault, DEAD_LETTER, f"*/{folder}/*", times=times)


def dead_letter(
    harness: Harness,
    names: Sequence[str],
    rules: Sequence[FaultRule],
    messages: Sequence[str],
    *,
    visibility: int,
) -> DeadLettered:
    """Let uploads fail, send messages, and replay it all once it is in FailedUploads."""
    with harness.configured(
        proxied=True,
        first_delay=1,
        longest_delay=1,
        visibility=visibility,
        max_attempts=MAX_ATTEMPTS,
    ):
        since = time.monotonic()
        control = harness.cloud.detectliveface.control
        control.set_rules({"effect": "error-ActionOffline"})
        harness.rules.set(*rules)
        harness.function.send(*messages)
        planned = [each for name in names for each in plan_uploads(name, UPLOADS_EACH)]
        sent = harness.upload(planned, and_then=without_waiting)
        harness.settle(sent, within=WITHIN_SECONDS)
        wait_until(
            lambda: (
                reasons_by_upload(harness, sent).keys()
                >= {*messages, *(each.version for each in sent)}
            ),
            within=WITHIN_SECONDS,
            what="every message in FailedUploads",
        )
        reasons = reasons_by_upload(harness, sent)
        failed = observe(harness, names, sent, time.monotonic() - since)

        since = time.monotonic()
        control.set_rules()
        harness.rules.disable()
        harness.replay(sent, within=WITHIN_SECONDS)
        replayed = observe(harness, names, sent, time.monotonic() - since, note="by `make replay`")
    return DeadLettered(failed, replayed, reasons)


def reasons_by_upload(harness: Harness, sent: Sequence[SentUpload]) -> Mapping[str, Reasons]:
    sqs = harness.cloud.client("sqs")
    reasons: dict[str, list[str | None]] = {}
    for message in peek(sqs, harness.cloud.outputs["FailedUploadsQueueUrl"], most=100):
        body = message["Body"]
        name = next((each.version for each in sent if each.version in body), body)
        reasons.setdefault(name, []).append(reason_of(message))
    return reasons


def observe(
    harness: Harness,
    names: Sequence[str],
    sent: Sequence[SentUpload],
    seconds: float,
    *,
    note: str = "",
) -> Mapping[str, ScenarioResult]:
    return {
        name: harness.observe(
            name, [each for each in sent if each.planned.folder == name], seconds, note=note
        )
        for name in names
    }


def assert_nothing_is_lost(dead_lettered: DeadLettered, name: str) -> None:
    failed, replayed = dead_lettered.failed[name], dead_lettered.replayed[name]
    assert failed.outcomes == {"failed": UPLOADS_EACH}
    assert failed.ids == UPLOADS_EACH
    assert (failed.lost, failed.billed) == (0, 0)
    assert replayed.outcomes == {"live": UPLOADS_EACH // 2, "not_live": UPLOADS_EACH // 2}
    assert (replayed.wrong, replayed.lost, replayed.billed_twice) == (0, 0, 0)


@pytest.mark.parametrize("fault", NOT_SENT)
def test_a_message_that_was_not_sent_is_dead_lettered_once_by_a_later_delivery(
    unsent: DeadLettered, fault: Fault
) -> None:
    assert unsent.reasons_of(scenario(fault)) == [["account_blocked"]] * UPLOADS_EACH
    assert_nothing_is_lost(unsent, scenario(fault))


@pytest.mark.parametrize("fault", SENT)
def test_a_message_that_was_sent_without_a_response_is_dead_lettered_again(
    unsent: DeadLettered, fault: Fault
) -> None:
    for reasons in unsent.reasons_of(scenario(fault)):
        assert len(reasons) > 1
        assert set(reasons) == {"account_blocked"}
    assert_nothing_is_lost(unsent, scenario(fault))


def test_a_message_that_can_never_be_sent_is_moved_by_the_redrive_policy(
    unsent: DeadLettered,
) -> None:
    assert unsent.reasons_of(ALWAYS) == [[None]] * UPLOADS_EACH
    assert_nothing_is_lost(unsent, ALWAYS)


def test_an_unreadable_message_that_was_not_sent_is_dead_lettered_by_a_later_delivery(
    unsent: DeadLettered,
) -> None:
    assert unsent.reasons[POISON] == ["unknown_event"]


@pytest.mark.parametrize("fault", KILLED)
def test_a_message_whose_function_was_killed_is_dead_lettered_by_a_later_delivery(
    killed: DeadLettered, fault: Fault
) -> None:
    for reasons in killed.reasons_of(scenario(fault)):
        assert reasons
        assert set(reasons) == {"account_blocked"}
    assert_nothing_is_lost(killed, scenario(fault))
