"""The control endpoint: the request log, rules, keys, the rate."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from liveness.credentials import TencentCredentials
from local.detectliveface.control_client import ControlClient, ControlError
from local.detectliveface.process import DEFAULT_CREDENTIALS, FakeDetectLiveFace

from .caller import Caller
from .image_host import QUERY, ImageHost, image


def test_a_call_is_logged_with_its_request_and_outcome(
    caller: Caller, image_host: ImageHost, control: ControlClient
) -> None:
    answer = caller.call({"Url": image_host.put("live 1.jpg")})
    (call,) = control.calls().calls
    assert call.number == 1
    assert call.request_id == answer["RequestId"]
    assert call.action == "DetectLiveFace"
    assert call.object == "/uploads/selfies/live 1.jpg"
    assert call.sha256 == hashlib.sha256(image()).hexdigest()
    assert (call.signature, call.outcome, call.billed, call.inline) == (
        "verified",
        "live",
        True,
        False,
    )
    assert datetime.fromisoformat(call.at).utcoffset() == timedelta(0)


def test_calls_are_counted_per_image_and_billed_if_successful(
    caller: Caller, image_host: ImageHost, control: ControlClient
) -> None:
    for name in ("first-1-error-InternalError.jpg", "spoof.jpg", "no-face.jpg"):
        url = image_host.put(name)
        for _ in range(2):
            caller.error_code({"Url": url})
    calls = control.calls()
    counted = {
        picture.rpartition("/")[2]: (count.calls, count.billed, count.outcomes)
        for picture, count in calls.pictures.items()
    }
    assert counted == {
        "first-1-error-InternalError.jpg": (2, 1, {"InternalError": 1, "live": 1}),
        "spoof.jpg": (2, 2, {"not_live": 2}),
        "no-face.jpg": (2, 0, {"InvalidParameterValue.NoFaceInPhoto": 2}),
    }
    assert (calls.total, calls.billed) == (6, 3)


@pytest.mark.parametrize("name", ["drop.jpg", "garbage.jpg", "status-502.jpg"])
def test_a_fault_is_counted_and_not_billed(
    caller: Caller, image_host: ImageHost, control: ControlClient, name: str
) -> None:
    try:
        caller.post({"Url": image_host.put(name)})
    except requests.RequestException as broken:
        assert name == "drop.jpg", broken  # noqa: PT017 - of one fault, not of all
    (call,) = control.calls().calls
    assert (call.outcome, call.billed) == (name.removesuffix(".jpg"), False)


def test_a_truncated_response_is_billed(
    caller: Caller, image_host: ImageHost, control: ControlClient
) -> None:
    url = image_host.put("truncated.jpg")

    with pytest.raises(requests.RequestException):
        caller.post({"Url": url})

    calls = control.calls()
    (counts,) = calls.pictures.values()
    assert (calls.total, calls.billed, counts.billed) == (1, 1, 1)
    assert calls.calls[0].billed is True


def test_an_inline_image_without_a_name_is_counted_by_its_sha256(
    caller: Caller, control: ControlClient
) -> None:
    content = image(colour="teal")
    caller.call({"Image": b64encode(content).decode()})
    calls = control.calls()
    assert calls.pictures.keys() == {f"sha256:{hashlib.sha256(content).hexdigest()}"}
    assert calls.calls[0].inline


def test_a_refused_signature_is_logged_with_its_code(
    caller: Caller, control: ControlClient
) -> None:
    caller.error_code({}, credentials=TencentCredentials("AKIDUNKNOWN", "key"))
    requests.get(caller.fake.url, timeout=10)
    assert [(call.signature, call.picture) for call in control.calls().calls] == [
        ("AuthFailure.SecretIdNotFound", None),
        ("not checked", None),
    ]


def test_the_log_can_be_read_from_a_number_on(
    caller: Caller, image_host: ImageHost, control: ControlClient
) -> None:
    for number in range(3):
        caller.error_code({"Url": image_host.put(f"live-{number}.jpg")})
    assert [call.number for call in control.calls(after=2).calls] == [3]
    assert control.calls(after=2).total == 3


def test_no_query_of_a_url_is_logged(
    caller: Caller, image_host: ImageHost, control: ControlClient, fake: FakeDetectLiveFace
) -> None:
    for url in (
        image_host.put("live-quiet.jpg"),
        image_host.put("error-InternalError-quiet.jpg"),
        image_host.put("garbage-quiet.jpg"),
        image_host.put("live-quiet-no-picture.jpg", b"text"),
        f"{image_host.url}/missing.jpg?{QUERY}",
        f"http://127.0.0.1:1/unreachable.jpg?{QUERY}",
        f"http://127.0.0.1/not encoded.jpg?{QUERY}",
        f"http://user:{QUERY}@127.0.0.1:1/user.jpg",
    ):
        answer = caller.post({"Url": url})
        assert QUERY not in answer.text
    requests.get(f"{fake.url}/?Url=http://127.0.0.1/a.jpg?{QUERY}", timeout=10)
    calls = requests.get(f"{fake.url}/_control/calls", timeout=10).text
    log = fake.log.read_text()
    assert control.calls().total == 9
    for text in (calls, log):
        assert "live-quiet.jpg" in text
        assert QUERY not in text
        assert QUERY.partition("=")[2] not in text
        assert DEFAULT_CREDENTIALS.secret_key not in text


def test_a_line_break_in_an_object_name_is_escaped_in_the_log(
    caller: Caller, image_host: ImageHost, fake: FakeDetectLiveFace
) -> None:
    caller.call({"Url": image_host.put("live-one\ntwo.jpg")})
    assert "live-one\\ntwo.jpg" in fake.log.read_text()


def test_new_rules_replace_the_earlier_ones(
    caller: Caller, image_host: ImageHost, control: ControlClient
) -> None:
    url = image_host.put("live.jpg")
    control.set_rules({"effect": "error-ActionOffline", "name": "live*"})
    assert caller.error_code({"Url": url}) == "ActionOffline"
    control.set_rules({"effect": "error-InternalError", "times": 1})
    assert [caller.error_code({"Url": url}) for _ in range(2)] == ["InternalError", None]
    control.set_rules()
    assert caller.error_code({"Url": url}) is None


def test_a_rule_with_a_sha256_applies_to_inline_images(
    caller: Caller, control: ControlClient
) -> None:
    content = image(colour="olive")
    control.set_rules({"effect": "spoof", "sha256": hashlib.sha256(content).hexdigest()})
    assert caller.call({"Image": b64encode(content).decode()})["IsLiveness"] is False


def test_the_same_seed_gives_the_same_faults(
    caller: Caller, image_host: ImageHost, control: ControlClient
) -> None:
    urls = [image_host.put(f"live-{number}.jpg") for number in range(30)]

    def faults(seed: int) -> list[str | None]:
        control.set_rules({"effect": "error-InternalError", "probability": 0.4}, seed=seed)
        return [caller.error_code({"Url": url}) for url in urls]

    first = faults(7)
    assert set(first) == {"InternalError", None}
    assert faults(7) == first
    assert faults(8) != first


def test_keys_can_be_rotated_and_revoked(
    caller: Caller, image_host: ImageHost, control: ControlClient
) -> None:
    new = TencentCredentials("AKIDNEW", "newKey")
    call = {"Url": image_host.put("live.jpg")}
    control.set_credentials(DEFAULT_CREDENTIALS, new)
    assert [caller.error_code(call), caller.error_code(call, credentials=new)] == [None, None]
    control.set_credentials(new)
    assert caller.error_code(call) == "AuthFailure.SecretIdNotFound"
    control.set_credentials(TencentCredentials(new.secret_id, "newerKey"))
    assert caller.error_code(call, credentials=new) == "AuthFailure.SignatureFailure"
    control.set_credentials()
    assert caller.error_code(call, credentials=new) == "AuthFailure.SecretIdNotFound"


def test_calls_over_the_rate_are_refused(
    caller: Caller, image_host: ImageHost, control: ControlClient
) -> None:
    call = {"Url": image_host.put("live.jpg")}
    control.set_rate(0)
    assert caller.error_code(call) == "FailedOperation.RequestLimitExceeded"
    control.set_rate(None)
    assert caller.error_code(call) is None


def test_a_reset_clears_calls_and_rules(
    caller: Caller, image_host: ImageHost, control: ControlClient
) -> None:
    control.set_rules({"effect": "error-InternalError"})
    caller.error_code({"Url": image_host.put("live.jpg")})
    control.reset()
    assert (control.calls().total, control.calls().pictures) == (0, {})
    assert caller.error_code({"Url": image_host.put("live.jpg")}) is None


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({}, "effect: Field required"),
        ({"effect": "lively"}, "not an effect"),
        ({"effect": "first-2-drop"}, "a rule has times"),
        ({"effect": 7}, "not an effect"),
        ({"effect": "live", "when": "now"}, "when: "),
        ({"effect": "live", "times": -1}, "times: Input should be greater"),
        ({"effect": "live", "times": True}, "times: Input should be a valid integer"),
        ({"effect": "live", "probability": 1.5}, "probability: Input should be less"),
        ({"effect": "live", "probability": "half"}, "probability: Input should be a valid number"),
        ({"effect": "live", "sha256": "abc"}, "sha256: String should match"),
    ],
)
def test_an_invalid_rule_changes_nothing(
    caller: Caller,
    image_host: ImageHost,
    control: ControlClient,
    rule: dict[str, Any],
    problem: str,
) -> None:
    control.set_rules({"effect": "error-InternalError"})
    with pytest.raises(ControlError, match=problem):
        control.set_rules({"effect": "live"}, rule)
    assert caller.error_code({"Url": image_host.put("live.jpg")}) == "InternalError"


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "rules", b"{"),
        ("POST", "rules", b"[]"),
        ("POST", "rules", b'{"rules": {}}'),
        ("POST", "rules", b'{"rules": ["drop"]}'),
        ("POST", "rules", b'{"rules": [], "seed": "7"}'),
        ("PUT", "credentials", b'{"credentials": null}'),
        ("PUT", "credentials", b'{"credentials": [{"SecretId": "a"}]}'),
        ("PUT", "credentials", b'{"credentials": [{"SecretId": "a", "SecretKey": ""}]}'),
        ("PUT", "rate", b'{"per_second": -1}'),
        ("PUT", "rate", b'{"per_minute": 1}'),
        ("GET", "calls?after=yesterday", b""),
    ],
)
def test_an_invalid_request_is_answered_with_its_problem(
    fake: FakeDetectLiveFace, method: str, path: str, content: bytes
) -> None:
    response = requests.request(method, f"{fake.url}/_control/{path}", data=content, timeout=10)
    assert response.status_code == 400
    assert response.json()["problem"]
