"""The grammar of names and rules."""

from __future__ import annotations

from decimal import Decimal

import pytest

from local.detectliveface.effect import (
    LIVE,
    NO_FACE,
    Detected,
    Effect,
    Error,
    Fault,
    Status,
    effect_from_name,
    parse_effect,
)

SPOOF = Detected(live=False)


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("live.jpg", Effect(LIVE)),
        ("live", Effect(LIVE)),
        ("live-00017.jpg", Effect(LIVE)),
        ("live a+b \u81ea\u62cd.jpg", Effect(LIVE)),
        ("spoof-3.jpg", Effect(SPOOF)),
        ("spoof_3.PNG", Effect(SPOOF)),
        ("no-face.jpg", Effect(NO_FACE)),
        ("no-verdict.jpg", Effect(Fault.NO_VERDICT)),
        ("score-87.jpg", Effect(Detected(live=False, score=Decimal(87)))),
        ("score-87.01", Effect(Detected(live=True, score=Decimal("87.01")))),
        ("score-12-00017.jpg", Effect(Detected(live=False, score=Decimal(12)))),
        ("error-InternalError.jpg", Effect(Error("InternalError"))),
        ("error-InternalError", Effect(Error("InternalError"))),
        ("error-FailedOperation.RpcFail", Effect(Error("FailedOperation.RpcFail"))),
        ("error-FailedOperation.RpcFail-7.jpg", Effect(Error("FailedOperation.RpcFail"))),
        ("status-502.jpg", Effect(Status(502))),
        ("status-502-7.jpg", Effect(Status(502))),
        ("slow-500.jpg", Effect(slow=500)),
        ("slow-500-00017.jpg", Effect(slow=500)),
        ("slow-500~200-spoof-1.jpg", Effect(SPOOF, slow=500, jitter=200)),
        ("drip-20-no-face.jpg", Effect(NO_FACE, drip=20)),
        ("slow-5-drip-20-live.jpg", Effect(LIVE, slow=5, drip=20)),
        ("first-2-drop-7.jpg", Effect(Fault.DROP, first=2)),
        *((f"{fault}-1.jpg", Effect(fault)) for fault in Fault),
    ],
)
def test_an_effect_is_parsed_from_a_name(name: str, effect: Effect) -> None:
    assert effect_from_name(name) == effect


@pytest.mark.parametrize(
    "name",
    [
        *("", "IMG_0017.jpg", "lively.jpg", "spoofed.jpg", "Live.jpg", "score-high.jpg"),
        *("slow.jpg", "slow-500ms.jpg", "error-.jpg", "error-internal.jpg"),
        *("status-99.jpg", "status-5021.jpg", "first-.jpg", "xlive.jpg"),
    ],
)
def test_any_other_name_has_no_effect(name: str) -> None:
    assert effect_from_name(name) == Effect()


@pytest.mark.parametrize("text", ["", "lively", "live-1", "live.jpg", "slow", "status-700"])
def test_a_rule_accepts_only_an_effect(text: str) -> None:
    with pytest.raises(ValueError, match="README"):
        parse_effect(text)
