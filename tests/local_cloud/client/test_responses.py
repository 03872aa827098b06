"""Verdicts by Action and model, and responses that are no answer."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from liveness.credentials import TencentCredentials
from liveness.errors import (
    CredentialsRefusedError,
    RequestRefusedError,
    ServiceUnreachableError,
    TransientError,
)
from liveness.models import Action
from local.detectliveface.control_client import ControlClient
from local.detectliveface.process import DEFAULT_CREDENTIALS
from tests.local_cloud.client.conftest import CreateScenario
from tests.local_cloud.client.scenario import FINAL_ATTEMPT, ROTATED
from tests.local_cloud.detectliveface.image_host import image

LIVENESS, ACCURATE = Action
WITH_TOKEN = TencentCredentials("AKIDMADEUPTEMPORARY", "madeUpTemporary", "madeUpToken")
WRONG_KEY = TencentCredentials(DEFAULT_CREDENTIALS.secret_id, "notTheKeyOfThisId")
WRONG_TOKEN = TencentCredentials(WITH_TOKEN.secret_id, WITH_TOKEN.secret_key, "anotherToken")
both_actions = pytest.mark.parametrize("action", Action)


@pytest.mark.parametrize(
    ("action", "model", "key", "verdict"),
    [
        (LIVENESS, "3.0", "live.jpg", ("live", None)),
        (LIVENESS, "3.0", "spoof.jpg", ("not_live", None)),
        (LIVENESS, None, "live.jpg", ("live", None)),
        (LIVENESS, "2.0", "live.jpg", ("live", Decimal(99))),
        (LIVENESS, "2.0", "score-87.jpg", ("not_live", Decimal(87))),
        (LIVENESS, "2.0", "score-87.01.jpg", ("live", Decimal("87.01"))),
        (LIVENESS, "2.0", "score-0.jpg", ("not_live", Decimal(0))),
        (ACCURATE, "3.0", "live.jpg", ("live", Decimal(99))),
        (ACCURATE, None, "spoof.jpg", ("not_live", Decimal(12))),
        (ACCURATE, "3.0", "score-40.jpg", ("live", Decimal(40))),
        (ACCURATE, "3.0", "score-39.99.jpg", ("not_live", Decimal("39.99"))),
    ],
)
def test_the_verdict_is_that_of_the_response_by_action_and_model(
    create_scenario: CreateScenario,
    action: Action,
    model: str | None,
    key: str,
    verdict: tuple[str, Decimal | None],
) -> None:
    scenario = create_scenario(key, action=action, face_model_version=model)

    record = scenario.process()

    (call,) = scenario.calls
    assert (record["outcome"], record.get("score")) == verdict
    assert (record["action"], record["face_model_version"]) == (action, model or "3.0")
    assert (record["request_id"], call.billed) == (call.request_id, True)
    assert scenario.published == record


NO_ANSWERS = [
    ("drop", "NoAnswer.ConnectionFailed"),
    ("truncated", "NoAnswer.ConnectionFailed"),
    ("garbage", "NoAnswer.NotJson"),
    ("empty", "NoAnswer.NotJson"),
    ("html", "NoAnswer.NotJson"),
    ("oversized", "NoAnswer.TooLarge"),
    ("no-verdict", "NoAnswer.WrongShape"),
    ("redirect", "NoAnswer.HttpStatus302"),
    ("status-403", "NoAnswer.HttpStatus403"),
    ("status-502", "NoAnswer.HttpStatus502"),
]


@both_actions
@pytest.mark.parametrize(("word", "code"), NO_ANSWERS)
def test_no_answer_is_retried_and_never_a_verdict(
    create_scenario: CreateScenario, action: Action, word: str, code: str
) -> None:
    scenario = create_scenario(f"{word}.jpg", action=action)
    with pytest.raises(ServiceUnreachableError) as caught:
        scenario.process()
    assert (caught.value.response.code, caught.value.response.attempts) == (code, 3)
    record = scenario.process(FINAL_ATTEMPT)
    # A followed redirect would be here too.
    assert [call.outcome for call in scenario.calls] == [word] * 6
    assert (record["outcome"], record["reason"]) == ("failed", "service_unreachable")
    assert record["error_code"] == code
    assert scenario.published == record


@pytest.mark.parametrize("word", [word for word, _ in NO_ANSWERS])
def test_an_answer_after_two_failed_attempts_is_a_verdict(
    create_scenario: CreateScenario, word: str
) -> None:
    scenario = create_scenario(f"first-2-{word}.jpg")
    assert scenario.process()["outcome"] == "live"
    assert [call.outcome for call in scenario.calls] == [word, word, "live"]


@pytest.mark.parametrize("word", ["hang", "slow-60000"])
def test_waiting_for_an_answer_ends_with_the_deadline(
    create_scenario: CreateScenario, word: str
) -> None:
    scenario = create_scenario(f"{word}.jpg", seconds=0.6)
    with pytest.raises(ServiceUnreachableError) as caught:
        scenario.process()
    assert (caught.value.response.code, caught.value.response.attempts) == ("NoAnswer.TimedOut", 1)


def test_rotated_credentials_are_refreshed_once(
    create_scenario: CreateScenario, control: ControlClient
) -> None:
    scenario = create_scenario("live.jpg", keys=(DEFAULT_CREDENTIALS, ROTATED))
    control.set_credentials(ROTATED)
    assert scenario.process()["outcome"] == "live"
    assert [call.signature for call in scenario.calls] == [
        "AuthFailure.SecretIdNotFound",
        "verified",
    ]
    assert scenario.credentials.refreshes == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (ROTATED, "AuthFailure.SecretIdNotFound"),
        (WRONG_KEY, "AuthFailure.SignatureFailure"),
        (WRONG_TOKEN, "AuthFailure.TokenFailure"),
    ],
)
def test_wrong_credentials_are_not_sent_again_unchanged(
    create_scenario: CreateScenario, control: ControlClient, wrong: TencentCredentials, code: str
) -> None:
    scenario = create_scenario("live.jpg", keys=(wrong, wrong))
    control.set_credentials(DEFAULT_CREDENTIALS, WITH_TOKEN)
    with pytest.raises(CredentialsRefusedError) as caught:
        scenario.process()
    assert caught.value.response.code == code
    assert [call.signature for call in scenario.calls] == [code]


def test_temporary_credentials_are_sent_with_their_token(
    create_scenario: CreateScenario, control: ControlClient
) -> None:
    scenario = create_scenario("live.jpg", keys=(WITH_TOKEN,))
    control.set_credentials(WITH_TOKEN)
    assert scenario.process()["outcome"] == "live"


@pytest.mark.parametrize("skew", [-310, 310])
def test_a_wrong_clock_gets_one_more_call(create_scenario: CreateScenario, skew: int) -> None:
    scenario = create_scenario("live.jpg", clock=lambda: time.time() + skew)
    with pytest.raises(TransientError) as caught:
        scenario.process()
    assert caught.value.response.code == "AuthFailure.SignatureExpire"
    assert len(scenario.calls) == 2


def test_a_clock_that_is_corrected_signs_the_next_attempt_right(
    create_scenario: CreateScenario,
) -> None:
    skews = iter((-310, 0))
    scenario = create_scenario("live.jpg", clock=lambda: time.time() + next(skews))
    assert scenario.process()["outcome"] == "live"
    assert [call.signature for call in scenario.calls] == [
        "AuthFailure.SignatureExpire",
        "verified",
    ]


def test_a_region_without_the_action_is_not_retried(create_scenario: CreateScenario) -> None:
    scenario = create_scenario("live.jpg", region="eu-frankfurt")
    with pytest.raises(RequestRefusedError) as caught:
        scenario.process()
    assert caught.value.response.code == "UnsupportedRegion"


def test_a_damaged_image_that_passes_the_rules_is_a_retake(create_scenario: CreateScenario) -> None:
    scenario = create_scenario("torn.jpg", content=image(300, 400)[:-400])
    record = scenario.process()
    assert (record["outcome"], record["reason"]) == ("retake", "decode_failed")
    assert record["error_code"] == "FailedOperation.ImageDecodeFailed"
    assert (record["width"], record["height"]) == (300, 400)


def test_an_image_that_the_rules_reject_costs_no_call(create_scenario: CreateScenario) -> None:
    scenario = create_scenario("lying.jpg", content=image(120, 90))
    assert scenario.process()["reason"] == "aspect_ratio"
    assert scenario.calls == ()


def test_a_key_with_special_characters_is_downloaded_unchanged(
    create_scenario: CreateScenario,
) -> None:
    scenario = create_scenario("spoof a+b%2B \u81ea\u62cd?.jpg")
    assert scenario.process()["outcome"] == "not_live"
    (call,) = scenario.calls
    assert call.object is not None
    assert call.object.endswith(f"/{scenario.upload.key}")
