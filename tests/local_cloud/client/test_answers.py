"""Verdicts by Action and model, and what comes over HTTP that is none."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from liveness.errors import CredentialsRefused, RequestRefused, ServiceUnreachable, TransientFault
from liveness.model import Action
from liveness.tencent.signing import Credentials
from local.detectliveface.server import MADE_UP, Control
from tests.local_cloud.client.conftest import Tell
from tests.local_cloud.client.story import ROTATED
from tests.local_cloud.detectliveface.album import picture

LIVENESS, ACCURATE = Action
WITH_TOKEN = Credentials("AKIDMADEUPTEMPORARY", "madeUpTemporary", "madeUpToken")
WRONG_KEY = Credentials(MADE_UP.secret_id, "notTheKeyOfThisId")
WRONG_TOKEN = Credentials(WITH_TOKEN.secret_id, WITH_TOKEN.secret_key, "anotherToken")
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
def test_the_verdict_is_the_answers_by_action_and_model(
    tell: Tell, action: Action, model: str | None, key: str, verdict: tuple[str, Decimal | None]
) -> None:
    story = tell(key, action=action, face_model_version=model)

    facts = story.check().facts

    (call,) = story.calls
    assert (facts["outcome"], facts.get("score")) == verdict
    assert (facts["action"], facts["face_model_version"]) == (action, model or "3.0")
    assert (facts["request_id"], call.billed) == (call.request_id, True)
    assert story.told == facts


NONE = [
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
@pytest.mark.parametrize(("word", "code"), NONE)
def test_what_is_no_answer_is_asked_again_and_never_a_verdict(
    tell: Tell, action: Action, word: str, code: str
) -> None:
    story = tell(f"{word}.jpg", action=action)
    fault = story.given_up()
    assert isinstance(fault, ServiceUnreachable)
    assert (fault.answer.code, fault.answer.attempts) == (code, 3)
    # Whoever followed a redirect would be seen here too.
    assert [call.outcome for call in story.calls] == [word] * 3
    assert (story.told["outcome"], story.told["reason"]) == ("failed", "service_unreachable")
    assert story.told["error_code"] == code


@pytest.mark.parametrize("word", [word for word, _ in NONE])
def test_an_answer_after_two_that_were_none_counts(tell: Tell, word: str) -> None:
    story = tell(f"first-2-{word}.jpg")
    assert story.check().facts["outcome"] == "live"
    assert [call.outcome for call in story.calls] == [word, word, "live"]


@pytest.mark.parametrize("word", ["hang", "slow-60000"])
def test_an_answer_that_does_not_come_ends_with_the_deadline(tell: Tell, word: str) -> None:
    story = tell(f"{word}.jpg", seconds=0.6)
    with pytest.raises(ServiceUnreachable) as caught:
        story.check()
    assert (caught.value.answer.code, caught.value.answer.attempts) == ("NoAnswer.TimedOut", 1)


def test_credentials_that_were_rotated_are_fetched_anew_once(tell: Tell, control: Control) -> None:
    story = tell("live.jpg", keys=(MADE_UP, ROTATED))
    control.set_credentials(ROTATED)
    assert story.check().facts["outcome"] == "live"
    assert [call.signature for call in story.calls] == ["AuthFailure.SecretIdNotFound", "verified"]
    assert story.source.renewals == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (ROTATED, "AuthFailure.SecretIdNotFound"),
        (WRONG_KEY, "AuthFailure.SignatureFailure"),
        (WRONG_TOKEN, "AuthFailure.TokenFailure"),
    ],
)
def test_credentials_that_are_wrong_are_not_tried_again_unchanged(
    tell: Tell, control: Control, wrong: Credentials, code: str
) -> None:
    story = tell("live.jpg", keys=(wrong, wrong))
    control.set_credentials(MADE_UP, WITH_TOKEN)
    with pytest.raises(CredentialsRefused) as caught:
        story.check()
    assert caught.value.answer.code == code
    assert [call.signature for call in story.calls] == [code]


def test_temporary_credentials_are_sent_with_their_token(tell: Tell, control: Control) -> None:
    story = tell("live.jpg", keys=(WITH_TOKEN,))
    control.set_credentials(WITH_TOKEN)
    assert story.check().facts["outcome"] == "live"


@pytest.mark.parametrize("skew", [-310, 310])
def test_a_clock_that_is_wrong_is_worth_one_more_call(tell: Tell, skew: int) -> None:
    story = tell("live.jpg", clock=lambda: time.time() + skew)
    with pytest.raises(TransientFault) as caught:
        story.check()
    assert caught.value.answer.code == "AuthFailure.SignatureExpire"
    assert len(story.calls) == 2


def test_a_clock_that_was_wrong_for_a_moment_signs_the_next_attempt_right(tell: Tell) -> None:
    skews = iter((-310, 0))
    story = tell("live.jpg", clock=lambda: time.time() + next(skews))
    assert story.check().facts["outcome"] == "live"
    assert [call.signature for call in story.calls] == ["AuthFailure.SignatureExpire", "verified"]


def test_a_region_without_the_action_needs_a_person(tell: Tell) -> None:
    story = tell("live.jpg", region="eu-frankfurt")
    with pytest.raises(RequestRefused) as caught:
        story.check()
    assert caught.value.answer.code == "UnsupportedRegion"


def test_a_picture_that_only_decoding_shows_to_be_damaged_is_retaken(tell: Tell) -> None:
    story = tell("torn.jpg", content=picture(300, 400)[:-400])
    facts = story.check().facts
    assert (facts["outcome"], facts["reason"]) == ("retake", "decode_failed")
    assert facts["error_code"] == "FailedOperation.ImageDecodeFailed"
    assert (facts["width"], facts["height"]) == (300, 400)


def test_a_picture_that_the_rules_refuse_costs_no_call(tell: Tell) -> None:
    story = tell("lying.jpg", content=picture(120, 90))
    assert story.check().facts["reason"] == "aspect_ratio"
    assert story.calls == ()


def test_a_key_with_odd_characters_is_asked_about_as_it_is(tell: Tell) -> None:
    story = tell("spoof a+b%2B \u81ea\u62cd?.jpg")
    assert story.check().facts["outcome"] == "not_live"
    (call,) = story.calls
    assert call.object is not None
    assert call.object.endswith(f"/{story.upload.key}")
