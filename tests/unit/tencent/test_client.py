"""The client: what it sends and says, and the faults of the official SDK that it has not."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import pytest
import requests

from liveness.errors import (
    LivenessError,
    PictureRejected,
    RequestRefused,
    ServiceUnreachable,
)
from liveness.model import Action, Attempt, Detection
from liveness.tencent.answer import DetectLiveFaceAnswer
from liveness.tencent.catalogue import listed
from liveness.tencent.client import DetectLiveFaceClient, Service
from liveness.tencent.signing import sign
from liveness.tencent.transport import BoundedAdapter
from tests.unit.tencent.fakes import (
    ACCURATE,
    KEY,
    LIVE_3,
    NOW,
    Call,
    Reply,
    Source,
    body_of,
    error,
)

LIVE = body_of(LIVE_3)
URL = "https://bucket.s3.amazonaws.com/selfie.jpg?X-Amz-Signature=f00d"
THROTTLED = error("RequestLimitExceeded")


def fault_of(call: Call, *, seconds: float = 60.0) -> LivenessError:
    with pytest.raises(LivenessError) as caught:
        call.client.detect(url=URL, deadline=call.clock.deadline(seconds))
    return caught.value


def test_a_live_picture_costs_one_signed_request() -> None:
    call = Call(LIVE)
    detection = call.client.detect(url=URL, deadline=call.clock.deadline())
    assert detection == Detection(Action.DETECT_LIVE_FACE, "3.0", "r-live", is_liveness=True)
    (sent,) = call.sent
    assert sent.parameters == {"Url": URL}
    assert isinstance(sent.request.body, bytes)
    expected = sign(
        sent.request.body,
        content_type="application/json",
        host="iai.tencentcloudapi.com",
        timestamp=int(NOW + 1000),
        credentials=KEY,
    )
    assert sent.headers["Authorization"] == expected.authorization


def test_the_typed_answer_tells_all_fields() -> None:
    call = Call(LIVE)
    answer = call.client.call(image=b"picture", deadline=call.clock.deadline())
    assert isinstance(answer, DetectLiveFaceAnswer)
    assert (answer.is_liveness, str(answer.score)) == (True, "99.5")
    assert call.sent[0].parameters == {"Image": base64.b64encode(b"picture").decode()}


def test_the_successor_is_asked_where_it_is_chosen() -> None:
    service = Service(action=Action.DETECT_LIVE_FACE_ACCURATE, face_model_version="3.0")
    call = Call(body_of(ACCURATE), service=service)
    detection = call.client.detect(image=b"picture", deadline=call.clock.deadline())
    assert detection.action is Action.DETECT_LIVE_FACE_ACCURATE
    assert call.sent[0].headers["X-TC-Action"] == "DetectLiveFaceAccurate"
    assert call.sent[0].parameters["FaceModelVersion"] == "3.0"


def test_its_own_session_bounds_every_wait() -> None:
    client = DetectLiveFaceClient(Source(), Service())
    for scheme in ("https://", "http://"):
        assert isinstance(client._session.get_adapter(f"{scheme}127.0.0.1"), BoundedAdapter)


# The six faults of the official SDK (api-facts, "What goes wrong with the official Python SDK").


def test_sdk_fault_1_success_after_an_error_is_a_success() -> None:
    call = Call(THROTTLED, LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness
    assert len(call.sent) == 2


@pytest.mark.parametrize(
    "code",
    [
        "InternalError",
        "FailedOperation.RequestLimitExceeded",
        "RequestLimitExceeded.IPLimitExceeded",
    ],
)
def test_sdk_fault_2_every_spelling_of_a_passing_error_is_retried(code: str) -> None:
    call = Call(error(code), LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/html", ""])
def test_sdk_fault_3_an_error_is_an_error_whatever_the_content_type(content_type: str) -> None:
    headers = {"Content-Type": content_type}
    call = Call(Reply(error("InvalidParameterValue.NoFaceInPhoto"), headers=headers))
    assert isinstance(fault_of(call), PictureRejected)
    call = Call(Reply(LIVE, headers=headers))
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness


# Fault 4, the dripping answer: test_connections.py.


def test_sdk_fault_5_nothing_that_comes_back_escapes_the_tree() -> None:
    assert isinstance(fault_of(Call(*[b"<html>busy</html>"] * 3)), ServiceUnreachable)
    call = Call(error("InvalidParameter", request_id=None))
    assert type(fault_of(call)) is RequestRefused


# Fault 6, the slow import: test_imports.py.


def test_neither_log_nor_exception_tells_address_body_or_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "liveness.tencent")
    echo = f"cannot use {URL} for {'QUJD' * 30}"
    broken = requests.ConnectionError("broken")
    call = Call(error("FailedOperation.ServerError", echo), broken, LIVE)
    call.client.detect(url=URL, deadline=call.clock.deadline())
    told = caplog.text + str(fault_of(Call(error("InvalidParameter", echo))))
    for secret in ("f00d", "selfie.jpg?X", "QUJDQUJD", KEY.secret_key, KEY.secret_id):
        assert secret not in told
    assert "attempt 1: FailedOperation.ServerError, RequestId r-error" in told
    assert "attempt 2: NoAnswer.ConnectionFailed" in told
    assert "attempt 3: r-live in 0.000 s" in told


def test_a_netrc_file_does_not_replace_the_signature(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password word\n")
    monkeypatch.setenv("NETRC", str(netrc))
    call = Call(LIVE)
    call.client.detect(url=URL, deadline=call.clock.deadline())
    assert call.sent[0].headers["Authorization"].startswith("TC3-HMAC-SHA256 ")


def test_whoever_watches_is_told_of_every_request_with_its_seconds_and_its_error() -> None:
    call = Call(THROTTLED, error("Unheard.Of.Code"))
    watched: list[Attempt] = []

    with pytest.raises(LivenessError):
        call.client.detect(url=URL, deadline=call.clock.deadline(), watcher=watched.append)

    assert [(each.kind, each.code) for each in watched] == [
        ("throttle", "RequestLimitExceeded"),
        ("request", "unlisted"),
    ]
    assert all(each.seconds >= 0 for each in watched)


def test_a_request_that_was_judged_is_watched_without_an_error() -> None:
    call = Call(LIVE)
    watched: list[Attempt] = []

    call.client.detect(url=URL, deadline=call.clock.deadline(), watcher=watched.append)

    assert [(each.kind, each.code) for each in watched] == [(None, None)]


def test_what_is_not_sent_is_no_attempt() -> None:
    call = Call()
    watched: list[Attempt] = []

    with pytest.raises(LivenessError):
        call.client.detect(image=b"", deadline=call.clock.deadline(), watcher=watched.append)

    assert watched == []


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("ActionOffline", "ActionOffline"),
        ("NoAnswer.TimedOut", "NoAnswer.TimedOut"),
        ("NoAnswer.HttpStatus502", "NoAnswer.HttpStatus502"),
        ("NoAnswer.HttpStatus", "unlisted"),
        ("InternalError.Made.Up", "unlisted"),
    ],
)
def test_only_codes_that_are_listed_tell_metrics_apart(code: str, told: str) -> None:
    assert listed(code) == told
