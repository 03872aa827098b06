"""DynamoDB, SNS, S3, Secrets Manager and SQS failing, throttling, slow, resetting connections."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from liveness.model import Outcome
from tests.faults.harm import Harm, Rule
from tests.faults.sent import Name, Sent, names, picture, sha256
from tests.faults.stage import Stage, wait_until
from tests.faults.step import SERVICES, Step
from tests.faults.tally import Tally

WITHIN_SECONDS = 320.0
HARMED_WITHIN_SECONDS = 60.0
# A claim whose answer was lost leases for 45 s: two spare turns outlast it, as on AWS.
LONGEST_DELAY = 25

HARMS = (Harm.FAILS, Harm.THROTTLES, Harm.SLOW, Harm.RESETS, Harm.LOSES_ANSWER)
# Each step of each upload is harmed until it was tried so often: two invocations' worth and a half.
TRIES_HARMED = 5
EACH = 2
# More than the 25 s of one invocation allow for, and of the one that its message brings back.
PAST_THE_DEADLINE = "record fails past the deadline"
TRIES_IN_VAIN = 40
# The same, and the queue does not take what was paid for at once.
KEPT_WITH_PAINS = "and keeping it"
# Of all requests, each harm's share.
SHARE = 0.05
SOMETIMES_EACH = 30

# Whose requests name an upload, so that each harm comes to uploads of its own.
NAMED = {name: SERVICES[name] - {Step.RELEASE} for name in ("dynamodb", "sns", "s3")}
# What makes the function turn to services that it seldom needs: another secret, another time.
UNNAMED: Mapping[str, dict[str, Any]] = {
    "secretsmanager": {
        "effect": "error-AuthFailure.SignatureFailure",
        "name": "*-secretsmanager-*",
        "times": 1,
    },
    "sqs": {"effect": "error-ActionOffline", "name": "*-sqs-*", "times": 2},
}
NAMES = (
    [PAST_THE_DEADLINE, *(f"{KEPT_WITH_PAINS} {harm}" for harm in HARMS)]
    + [f"{service} {harm}" for service in (*UNNAMED, *NAMED) for harm in HARMS]
    + [f"sometimes {service}" for service in SERVICES if service != "detectliveface"]
)


@pytest.fixture(scope="module")
def harmed(stage: Stage) -> Iterator[Mapping[str, Tally]]:
    """What came of uploads by the service and what it did to them."""
    with stage.set(harmed=True, longest_delay=LONGEST_DELAY):
        yield {**for_a_while(stage), **sometimes(stage)}


def for_a_while(stage: Stage) -> Mapping[str, Tally]:
    """Harm every request of a kind, until it was tried often enough."""
    since = time.monotonic()
    folders = {
        f"{service} {harm}/{step}": Rule(
            harm, frozenset({step}), f"*/{service} {harm}/{step}/*", times=TRIES_HARMED
        )
        for service, steps in NAMED.items()
        for harm in HARMS
        for step in sorted(steps)
    }
    folders[f"{PAST_THE_DEADLINE}/record"] = Rule(
        Harm.FAILS, frozenset({Step.RECORD}), f"*/{PAST_THE_DEADLINE}/*", times=TRIES_IN_VAIN
    )
    unrecorded = Rule(
        Harm.FAILS, frozenset({Step.RECORD}), f"*/{KEPT_WITH_PAINS} */*", times=TRIES_IN_VAIN
    )
    for harm in HARMS:
        folder = f"{KEPT_WITH_PAINS} {harm}/keep"
        folders[folder] = Rule(harm, frozenset({Step.KEEP}), f"*/{folder}/*", times=1)
    uploads = [name for folder in folders for name in names(folder, EACH)]
    set_judgements(stage, uploads)
    sent: list[Sent] = []
    harms: Counter[str] = Counter()
    for service in UNNAMED:
        for harm in HARMS:
            scenario = f"{service} {harm}"
            stage.rules.set(Rule(harm, SERVICES[service], times=TRIES_HARMED))
            sent += stage.upload(names(scenario, EACH))
            wait_until(lambda: bool(stage.rules.done), within=HARMED_WITHIN_SECONDS, what=scenario)
            harms[scenario] = stage.rules.done.total()
    stage.rules.set(*folders.values(), unrecorded)
    sent += stage.upload(uploads)
    stage.settle(sent, within=WITHIN_SECONDS)
    for (_, seen), times in stage.rules.done.items():
        scenario = (seen.object or "").split("/")[1]
        if seen.step is Step.KEEP or not scenario.startswith(KEPT_WITH_PAINS):
            harms[scenario] += times
    return tallied(stage, sent, harms, since)


def sometimes(stage: Stage) -> Mapping[str, Tally]:
    """Harm a share of all requests to AWS."""
    since = time.monotonic()
    services = {name: steps for name, steps in SERVICES.items() if name != "detectliveface"}
    uploads = [name for each in services for name in names(f"sometimes {each}", SOMETIMES_EACH)]
    set_judgements(stage, uploads)
    every = frozenset(step for steps in services.values() for step in steps)
    stage.rules.set(*(Rule(harm, every, share=SHARE) for harm in HARMS))
    sent = stage.upload(uploads)
    stage.settle(sent, within=WITHIN_SECONDS)
    harms: Counter[str] = Counter()
    for (_, seen), times in stage.rules.done.items():
        harms[f"sometimes {seen.service}"] += times
    assert not stage.untold(sent), "given up, and nobody was told"
    # With a quarter of all requests harmed, chance can use up the nine tries of an upload.
    stage.rules.lift()
    stage.replay(given_up_of(stage, sent), within=WITHIN_SECONDS)
    return tallied(stage, sent, harms, since)


def given_up_of(stage: Stage, sent: Iterable[Sent]) -> list[Sent]:
    return [each for each in sent if not stage.ear.answer_to(each.version)]


def set_judgements(stage: Stage, uploads: Iterable[Name]) -> None:
    """Let the stand-in judge by bytes, since it may never get to see a name."""
    spoofs = [
        {"effect": "spoof", "sha256": sha256(picture(name.key))}
        for name in uploads
        if name.expected is Outcome.NOT_LIVE
    ]
    stage.cloud.detectliveface.control.set_rules(*UNNAMED.values(), *spoofs)


def tallied(
    stage: Stage, sent: Sequence[Sent], harms: Mapping[str, int], since: float
) -> Mapping[str, Tally]:
    seconds = time.monotonic() - since
    scenarios: dict[str, list[Sent]] = {}
    for each in sent:
        scenarios.setdefault(each.name.key.partition("/")[0], []).append(each)
    return {
        scenario: stage.tally(scenario, uploads, seconds, note=f"harmed: {harms[scenario]}")
        for scenario, uploads in scenarios.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_nothing_is_wrong_and_nothing_is_paid_for_twice(
    harmed: Mapping[str, Tally], name: str
) -> None:
    tally = harmed[name]

    assert tally.note != "harmed: 0"
    assert tally.rows == len(tally.endings)
    assert tally.ids == len(tally.endings) + tally.given_up
    assert tally.given_up == 0 or name.startswith("sometimes")
    assert (tally.wrong, tally.lost, tally.billed_twice) == (0, 0, 0)
    assert set(tally.outcomes) <= {"live", "not_live"}
