"""Errors that only an operator can fix: a revoked key, arrears, a retired Action."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from local.detectliveface.control_client import ControlClient
from tests.faults.harness import Harness, without_waiting
from tests.faults.uploads import plan_uploads
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.polling import wait_until

UPLOADS = 5
# Failed deliveries of all uploads together, before the error is fixed.
FAILED_DELIVERIES = 3 * UPLOADS
WITHIN_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Blocked:
    """How it begins, what the service answers, and the reason by which the alarm counts it."""

    begin: Callable[[ControlClient], None]
    code: str
    reason: str


BLOCKED = {
    "key revoked": Blocked(
        ControlClient.set_credentials, "AuthFailure.SecretIdNotFound", "credentials_refused"
    ),
    "account in arrears": Blocked(
        lambda control: control.set_rules({"effect": "error-ResourceUnavailable.InArrears"}),
        "ResourceUnavailable.InArrears",
        "account_blocked",
    ),
    "Action retired": Blocked(
        lambda control: control.set_rules({"effect": "error-ActionOffline"}),
        "ActionOffline",
        "account_blocked",
    ),
}


@pytest.mark.parametrize("scenario", BLOCKED)
def test_each_invocation_calls_once_the_alarm_counts_it_and_uploads_recover(
    harness: Harness, scenario: str
) -> None:
    blocked, control = BLOCKED[scenario], harness.cloud.detectliveface.control
    before, log = control.calls().total, FunctionLog(harness.cloud)
    with harness.configured(proxied=False):
        since = time.monotonic()
        blocked.begin(control)
        sent = harness.upload(plan_uploads(scenario, UPLOADS), and_then=without_waiting)
        wait_until(
            lambda: len(log.errors()) >= FAILED_DELIVERIES,
            within=WITHIN_SECONDS,
            what=f"{FAILED_DELIVERIES} failed deliveries",
        )
        control.set_rules()
        control.set_credentials(harness.cloud.credentials)
        harness.settle(sent, within=WITHIN_SECONDS)
    refused = [call for call in control.calls(before).calls if call.outcome == blocked.code]
    seconds = time.monotonic() - since
    result = harness.observe(scenario, sent, seconds, note=f"refused: {len(refused)}")

    errors = [record for record in log.errors() if record["reason"] == blocked.reason]
    assert len(refused) == len(errors)
    assert len(log.metrics("ProcessingErrors", reason=blocked.reason)) == len(errors)
    assert set(result.outcomes) == {"live", "not_live"}
    assert (result.wrong, result.lost, result.billed) == (0, 0, UPLOADS)
