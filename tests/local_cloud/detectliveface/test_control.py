"""The control endpoint: the journal, rules, keys, the rate."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from liveness.tencent.signing import Credentials
from local.detectliveface.server import MADE_UP, Control, ControlRefused, DetectLiveFaceServer

from .album import QUERY, Album, picture
from .caller import Caller


def test_a_call_is_kept_with_all_that_became_of_it(
    caller: Caller, album: Album, control: Control
) -> None:
    answer = caller.ask({"Url": album.put("live 1.jpg")})
    (call,) = control.calls().calls
    assert call.number == 1
    assert call.request_id == answer["RequestId"]
    assert call.action == "DetectLiveFace"
    assert call.object == "/uploads/selfies/live 1.jpg"
    assert call.sha256 == hashlib.sha256(picture()).hexdigest()
    assert (call.signature, call.outcome, call.billed, call.inline) == (
        "verified",
        "live",
        True,
        False,
    )
    assert datetime.fromisoformat(call.at).utcoffset() == timedelta(0)


def test_calls_are_counted_for_each_picture_and_billed_when_they_succeed(
    caller: Caller, album: Album, control: Control
) -> None:
    for name in ("first-1-error-InternalError.jpg", "spoof.jpg", "no-face.jpg"):
        url = album.put(name)
        for _ in range(2):
            caller.code({"Url": url})
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


@pytest.mark.parametrize("name", ["drop.jpg", "truncated.jpg", "garbage.jpg", "status-502.jpg"])
def test_a_fault_is_counted_and_not_billed(
    caller: Caller, album: Album, control: Control, name: str
) -> None:
    try:
        caller.post({"Url": album.put(name)})
    except requests.RequestException as broken:
        assert name in {"drop.jpg", "truncated.jpg"}, broken  # noqa: PT017 - of two faults, not of all
    (call,) = control.calls().calls
    assert (call.outcome, call.billed) == (name.removesuffix(".jpg"), False)


def test_an_unnamed_inline_picture_is_counted_by_its_bytes(
    caller: Caller, control: Control
) -> None:
    content = picture(colour="teal")
    caller.ask({"Image": b64encode(content).decode()})
    calls = control.calls()
    assert calls.pictures.keys() == {f"sha256:{hashlib.sha256(content).hexdigest()}"}
    assert calls.calls[0].inline


def test_a_refused_signature_is_kept_with_its_code(caller: Caller, control: Control) -> None:
    caller.code({}, credentials=Credentials("AKIDUNKNOWN", "key"))
    requests.get(caller.server.url, timeout=10)
    assert [(call.signature, call.picture) for call in control.calls().calls] == [
        ("AuthFailure.SecretIdNotFound", None),
        ("not checked", None),
    ]


def test_later_calls_can_be_asked_for_alone(caller: Caller, album: Album, control: Control) -> None:
    for number in range(3):
        caller.code({"Url": album.put(f"live-{number}.jpg")})
    assert [call.number for call in control.calls(after=2).calls] == [3]
    assert control.calls(after=2).total == 3


def test_no_query_of_an_address_is_kept_or_printed(
    caller: Caller, album: Album, control: Control, server: DetectLiveFaceServer
) -> None:
    for url in (
        album.put("live-quiet.jpg"),
        album.put("error-InternalError-quiet.jpg"),
        album.put("garbage-quiet.jpg"),
        album.put("live-quiet-no-picture.jpg", b"text"),
        f"{album.url}/missing.jpg?{QUERY}",
        f"http://127.0.0.1:1/unreachable.jpg?{QUERY}",
        f"http://127.0.0.1/not encoded.jpg?{QUERY}",
        f"http://user:{QUERY}@127.0.0.1:1/user.jpg",
    ):
        answer = caller.post({"Url": url})
        assert QUERY not in answer.text
    requests.get(f"{server.url}/?Url=http://127.0.0.1/a.jpg?{QUERY}", timeout=10)
    journal = requests.get(f"{server.url}/_control/calls", timeout=10).text
    log = server.log.read_text()
    assert control.calls().total == 9
    for told in (journal, log):
        assert "live-quiet.jpg" in told
        assert QUERY not in told
        assert QUERY.partition("=")[2] not in told
        assert MADE_UP.secret_key not in told


def test_an_objects_name_cannot_break_a_line_of_the_log(
    caller: Caller, album: Album, server: DetectLiveFaceServer
) -> None:
    caller.ask({"Url": album.put("live-one\ntwo.jpg")})
    assert "live-one\\ntwo.jpg" in server.log.read_text()


def test_a_rule_is_in_force_until_the_next(caller: Caller, album: Album, control: Control) -> None:
    url = album.put("live.jpg")
    control.set_rules({"effect": "error-ActionOffline", "name": "live*"})
    assert caller.code({"Url": url}) == "ActionOffline"
    control.set_rules({"effect": "error-InternalError", "times": 1})
    assert [caller.code({"Url": url}) for _ in range(2)] == ["InternalError", None]
    control.set_rules()
    assert caller.code({"Url": url}) is None


def test_a_rule_for_bytes_holds_inline(caller: Caller, control: Control) -> None:
    content = picture(colour="olive")
    control.set_rules({"effect": "spoof", "sha256": hashlib.sha256(content).hexdigest()})
    assert caller.ask({"Image": b64encode(content).decode()})["IsLiveness"] is False


def test_the_same_seed_brings_the_same_faults(
    caller: Caller, album: Album, control: Control
) -> None:
    urls = [album.put(f"live-{number}.jpg") for number in range(30)]

    def faults(seed: int) -> list[str | None]:
        control.set_rules({"effect": "error-InternalError", "probability": 0.4}, seed=seed)
        return [caller.code({"Url": url}) for url in urls]

    first = faults(7)
    assert set(first) == {"InternalError", None}
    assert faults(7) == first
    assert faults(8) != first


def test_keys_are_rotated_and_revoked(caller: Caller, album: Album, control: Control) -> None:
    new = Credentials("AKIDNEW", "newKey")
    call = {"Url": album.put("live.jpg")}
    control.set_credentials(MADE_UP, new)
    assert [caller.code(call), caller.code(call, credentials=new)] == [None, None]
    control.set_credentials(new)
    assert caller.code(call) == "AuthFailure.SecretIdNotFound"
    control.set_credentials(Credentials(new.secret_id, "newerKey"))
    assert caller.code(call, credentials=new) == "AuthFailure.SignatureFailure"
    control.set_credentials()
    assert caller.code(call, credentials=new) == "AuthFailure.SecretIdNotFound"


def test_over_the_rate_calls_are_refused(caller: Caller, album: Album, control: Control) -> None:
    call = {"Url": album.put("live.jpg")}
    control.set_rate(0)
    assert caller.code(call) == "FailedOperation.RequestLimitExceeded"
    control.set_rate(None)
    assert caller.code(call) is None


def test_a_reset_forgets_calls_and_rules(caller: Caller, album: Album, control: Control) -> None:
    control.set_rules({"effect": "error-InternalError"})
    caller.code({"Url": album.put("live.jpg")})
    control.reset()
    assert (control.calls().total, control.calls().pictures) == (0, {})
    assert caller.code({"Url": album.put("live.jpg")}) is None


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({}, "not an effect"),
        ({"effect": "lively"}, "not an effect"),
        ({"effect": "first-2-drop"}, "times says"),
        ({"effect": 7}, "effect is a text"),
        ({"effect": "live", "when": "now"}, "a rule has some of"),
        ({"effect": "live", "times": -1}, "times is a whole number"),
        ({"effect": "live", "times": True}, "times is a whole number"),
        ({"effect": "live", "probability": 1.5}, "probability is"),
        ({"effect": "live", "probability": "half"}, "probability is"),
        ({"effect": "live", "sha256": "abc"}, "sha256 is"),
    ],
)
def test_a_rule_that_cannot_be_read_changes_nothing(
    caller: Caller, album: Album, control: Control, rule: dict[str, Any], problem: str
) -> None:
    control.set_rules({"effect": "error-InternalError"})
    with pytest.raises(ControlRefused, match=problem):
        control.set_rules({"effect": "live"}, rule)
    assert caller.code({"Url": album.put("live.jpg")}) == "InternalError"


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
def test_what_cannot_be_read_is_answered_with_the_problem(
    server: DetectLiveFaceServer, method: str, path: str, content: bytes
) -> None:
    response = requests.request(method, f"{server.url}/_control/{path}", data=content, timeout=10)
    assert response.status_code == 400
    assert response.json()["problem"]
