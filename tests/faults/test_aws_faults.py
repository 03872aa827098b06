"""AWS fails: errors, throttling, slow responses, lost responses, connection resets."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from tests.faults.fault_rules import Fault, FaultRule
from tests.faults.function_requests import SERVICES, Operation
from tests.faults.harness import Harness
from tests.faults.report import ScenarioResult
from tests.faults.uploads import (
    PlannedUpload,
    SentUpload,
    plan_uploads,
    rules_by_bytes,
)
from tests.local_cloud.polling import wait_until

WITHIN_SECONDS = 320.0
INJECTED_WITHIN_SECONDS = 60.0
# A lease whose response was lost lasts 95 s: nine attempts outlast it, as on AWS.
LONGEST_DELAY = 25

FAULTS = (Fault.ERROR, Fault.THROTTLING, Fault.SLOW, Fault.RESET, Fault.LOST_RESPONSE)
# Each operation of each upload fails so often: two and a half invocations' worth of requests.
FAILED_REQUESTS = 5
UPLOADS_EACH = 2
# More than fit into the 25 s of one invocation, and of the delivery that follows.
PAST_THE_DEADLINE = "save fails past the deadline"
FAILED_SAVES = 40
# The same, and the queue does not take the deferred verdict at once.
DEFER_FAILS = "and defer has"
# The probability of each fault in any request.
PROBABILITY = 0.05
SOMETIMES_EACH = 30

ONLY_WITHOUT_VERDICT = {Operation.RELEASE_LEASE, Operation.READ_VERDICT}
# Services whose requests name an upload, so that each fault gets uploads of its own.
WITHOUT_OBJECT: Mapping[str, frozenset[Operation]] = {
    "secretsmanager": SERVICES["secretsmanager"],
    "sqs": SERVICES["sqs"],
    "index": frozenset({Operation.FIND_REUSE}),
}
WITH_OBJECT = {
    name: SERVICES[name] - ONLY_WITHOUT_VERDICT - WITHOUT_OBJECT["index"]
    for name in ("dynamodb", "sns", "s3")
}
# What makes the function use services that it seldom needs: a refused key, a redelivery.
SELDOM_NEEDED: Sequence[dict[str, Any]] = (
    {"effect": "error-AuthFailure.SignatureFailure", "name": "*-secretsmanager-*", "times": 1},
    {"effect": "error-ActionOffline", "name": "*-sqs-*", "times": 2},
)
SCENARIOS = (
    [PAST_THE_DEADLINE, *(f"{DEFER_FAILS} {fault}" for fault in FAULTS)]
    + [f"{service} {fault}" for service in (*WITHOUT_OBJECT, *WITH_OBJECT) for fault in FAULTS]
    + [f"sometimes {service}" for service in SERVICES if service != "detectliveface"]
)


@pytest.fixture(scope="module")
def results(harness: Harness) -> Iterator[Mapping[str, ScenarioResult]]:
    """What became of uploads, by scenario: the service and its fault."""
    with harness.configured(proxied=True, longest_delay=LONGEST_DELAY):
        yield {**for_a_while(harness), **sometimes(harness)}


def for_a_while(harness: Harness) -> Mapping[str, ScenarioResult]:
    """Let every request of a kind fail until it was tried often enough."""
    since = time.monotonic()
    rules = rules_by_folder()
    planned = [each for folder in rules for each in plan_uploads(folder, UPLOADS_EACH)]
    set_stub_rules(harness, planned)
    sent: list[SentUpload] = []
    injected: Counter[str] = Counter()
    for service in WITHOUT_OBJECT:
        for fault in FAULTS:
            scenario = f"{service} {fault}"
            harness.rules.set(FaultRule(fault, WITHOUT_OBJECT[service], times=FAILED_REQUESTS))
            sent += harness.upload(plan_uploads(scenario, UPLOADS_EACH))
            wait_until(
                lambda: bool(harness.rules.injected),
                within=INJECTED_WITHIN_SECONDS,
                what=scenario,
            )
            injected[scenario] = harness.rules.injected.total()
    unsaved = FaultRule(
        Fault.ERROR, frozenset({Operation.SAVE}), f"*/{DEFER_FAILS} */*", times=FAILED_SAVES
    )
    harness.rules.set(*rules.values(), unsaved)
    sent += harness.upload(planned)
    harness.settle(sent, within=WITHIN_SECONDS)
    for (_, request), times in harness.rules.injected.items():
        scenario = (request.object or "").split("/")[1]
        if request.operation is Operation.DEFER or not scenario.startswith(DEFER_FAILS):
            injected[scenario] += times
    return observe(harness, sent, injected, since)


def rules_by_folder() -> Mapping[str, FaultRule]:
    """A fault for each folder of uploads: `scenario/operation`."""
    rules = {
        f"{service} {fault}/{operation}": FaultRule(
            fault,
            frozenset({operation}),
            f"*/{service} {fault}/{operation}/*",
            times=FAILED_REQUESTS,
        )
        for service, operations in WITH_OBJECT.items()
        for fault in FAULTS
        for operation in sorted(operations)
    }
    rules[f"{PAST_THE_DEADLINE}/save"] = FaultRule(
        Fault.ERROR, frozenset({Operation.SAVE}), f"*/{PAST_THE_DEADLINE}/*", times=FAILED_SAVES
    )
    for fault in FAULTS:
        folder = f"{DEFER_FAILS} {fault}/defer"
        rules[folder] = FaultRule(fault, frozenset({Operation.DEFER}), f"*/{folder}/*", times=1)
    return rules


def sometimes(harness: Harness) -> Mapping[str, ScenarioResult]:
    """Inject each fault into a share of all requests to AWS."""
    since = time.monotonic()
    services = {name: each for name, each in SERVICES.items() if name != "detectliveface"}
    planned = [
        each for name in services for each in plan_uploads(f"sometimes {name}", SOMETIMES_EACH)
    ]
    set_stub_rules(harness, planned)
    all_operations = frozenset(operation for each in services.values() for operation in each)
    harness.rules.set(
        *(FaultRule(fault, all_operations, probability=PROBABILITY) for fault in FAULTS)
    )
    sent = harness.upload(planned)
    harness.settle(sent, within=WITHIN_SECONDS)
    injected: Counter[str] = Counter()
    for (_, request), times in harness.rules.injected.items():
        injected[f"sometimes {request.service}"] += times
    assert not harness.unpublished(sent), "failed, and nothing was published"
    # With a quarter of all requests failing, chance can use up the nine attempts of an upload.
    harness.rules.disable()
    failed = [each for each in sent if not harness.notifications.verdict_on(each.version)]
    harness.replay(failed, within=WITHIN_SECONDS)
    return observe(harness, sent, injected, since)


def set_stub_rules(harness: Harness, planned: Iterable[PlannedUpload]) -> None:
    """Let the fake detect by an image's bytes, since it may never receive a URL."""
    rules = (*SELDOM_NEEDED, *rules_by_bytes(planned))
    harness.cloud.detectliveface.control.set_rules(*rules)


def observe(
    harness: Harness, sent: Sequence[SentUpload], injected: Mapping[str, int], since: float
) -> Mapping[str, ScenarioResult]:
    seconds = time.monotonic() - since
    scenarios: dict[str, list[SentUpload]] = {}
    for each in sent:
        scenarios.setdefault(each.planned.key.partition("/")[0], []).append(each)
    return {
        scenario: harness.observe(scenario, uploads, seconds, note=f"faults: {injected[scenario]}")
        for scenario, uploads in scenarios.items()
    }


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_upload_is_lost_wrong_or_billed_twice(
    results: Mapping[str, ScenarioResult], scenario: str
) -> None:
    result = results[scenario]

    assert result.note != "faults: 0"
    assert result.rows == len(result.uploads)
    assert result.ids == len(result.uploads) + result.failed
    assert result.failed == 0 or scenario.startswith("sometimes")
    assert (result.wrong, result.lost, result.billed_twice) == (0, 0, 0)
    assert set(result.outcomes) <= {"live", "not_live"}
