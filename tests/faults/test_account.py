"""Trouble that only a person can mend: a revoked key, arrears, a retired Action."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from local.detectliveface.server import Control
from tests.faults.sent import names
from tests.faults.stage import Stage, not_waiting, wait_until
from tests.local_cloud.function_log import FunctionLog

UPLOADS = 5
# Deliveries that fail, of all uploads together, before it is mended.
IN_VAIN = 3 * UPLOADS
WITHIN_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Blocked:
    """How it comes, what the service answers, and under which reason the alarm counts it."""

    begin: Callable[[Control], None]
    code: str
    reason: str


BLOCKED = {
    "key revoked": Blocked(
        Control.set_credentials, "AuthFailure.SecretIdNotFound", "credentials_refused"
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


@pytest.mark.parametrize("trouble", BLOCKED)
def test_it_is_asked_once_an_invocation_alarms_and_once_mended_uploads_recover(
    stage: Stage, trouble: str
) -> None:
    blocked, control = BLOCKED[trouble], stage.cloud.detectliveface.control
    before, log = control.calls().total, FunctionLog(stage.cloud)
    with stage.set(harmed=False):
        since = time.monotonic()
        blocked.begin(control)
        sent = stage.upload(names(trouble, UPLOADS), and_then=not_waiting)
        wait_until(
            lambda: len(log.faults()) >= IN_VAIN,
            within=WITHIN_SECONDS,
            what=f"{IN_VAIN} deliveries in vain",
        )
        control.set_rules()
        control.set_credentials(stage.cloud.credentials)
        stage.settle(sent, within=WITHIN_SECONDS)
    refused = [call for call in control.calls(before).calls if call.outcome == blocked.code]
    tally = stage.tally(trouble, sent, time.monotonic() - since, note=f"refused: {len(refused)}")

    in_vain = [line for line in log.faults() if line["reason"] == blocked.reason]
    assert len(refused) == len(in_vain)
    assert len(log.metrics("Faults", reason=blocked.reason)) == len(in_vain)
    assert set(tally.outcomes) == {"live", "not_live"}
    assert (tally.wrong, tally.lost, tally.billed) == (0, 0, UPLOADS)
