"""The client: what it sends, returns and logs, and the SDK's faults that it does not have."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import pytest
import requests

from liveness.errors import (
    ImageRejectedByServiceError,
    LivenessError,
    RequestRefusedError,
    ServiceUnreachableError,
)
from liveness.models import Action, Detection, DetectionAttempt
from liveness.tencent.auth import sign
from liveness.tencent.error_codes import listed
from liveness.tencent.request import ServiceConfig
from liveness.tencent.response import DetectLiveFaceResponse
from tests.unit.tencent.fakes import (
    ACCURATE,
    KEY,
    LIVE_3,
    NOW,
    Call,
    Reply,
    body_of,
    error,
)

LIVE = body_of(LIVE_3)
URL = "https://bucket.s3.amazonaws.com/selfie.jpg?X-Amz-Signature=f00d"
THROTTLED = error("RequestLimitExceeded")


def error_of(call: Call, *, seconds: float = 60.0) -> LivenessError:
    with pytest.raises(LivenessError) as caught:
        call.client.detect(url=URL, deadline=call.clock.deadline(seconds))
    return caught.value


def test_a_live_image_costs_one_signed_request() -> None:
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


def test_call_returns_all_fields_of_the_response() -> None:
    call = Call(LIVE)
    response = call.client.call(image=b"picture", deadline=call.clock.deadline())
    assert isinstance(response, DetectLiveFaceResponse)
    assert (response.is_liveness, str(response.score)) == (True, "99.5")
    assert call.sent[0].parameters == {"Image": base64.b64encode(b"picture").decode()}


def test_the_configured_action_is_called() -> None:
    config = ServiceConfig(action=Action.DETECT_LIVE_FACE_ACCURATE, face_model_version="3.0")
    call = Call(body_of(ACCURATE), config=config)
    detection = call.client.detect(image=b"picture", deadline=call.clock.deadline())
    assert detection.action is Action.DETECT_LIVE_FACE_ACCURATE
    assert call.sent[0].headers["X-TC-Action"] == "DetectLiveFaceAccurate"
    assert call.sent[0].parameters["FaceModelVersion"] == "3.0"


# The six faults of the official SDK: docs/detectliveface-api.md, "Faults of the official SDK".


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
def test_sdk_fault_2_every_spelling_of_a_transient_error_is_retried(code: str) -> None:
    call = Call(error(code), LIVE)
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/html", ""])
def test_sdk_fault_3_an_error_is_an_error_whatever_the_content_type(content_type: str) -> None:
    headers = {"Content-Type": content_type}
    call = Call(Reply(error("InvalidParameterValue.NoFaceInPhoto"), headers=headers))
    assert isinstance(error_of(call), ImageRejectedByServiceError)
    call = Call(Reply(LIVE, headers=headers))
    assert call.client.detect(url=URL, deadline=call.clock.deadline()).is_liveness


# Fault 4, the dripping response: test_connections.py.


def test_sdk_fault_5_every_response_ends_in_an_error_of_the_tree() -> None:
    assert isinstance(error_of(Call(*[b"<html>busy</html>"] * 3)), ServiceUnreachableError)
    call = Call(error("InvalidParameter", request_id=None))
    assert type(error_of(call)) is RequestRefusedError


# Fault 6, the slow import: test_imports.py.


def test_neither_log_nor_exception_quotes_url_body_or_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "liveness.tencent")
    echo = f"cannot use {URL} for {'QUJD' * 30}"
    broken = requests.ConnectionError("broken")
    call = Call(error("FailedOperation.ServerError", echo), broken, LIVE)
    call.client.detect(url=URL, deadline=call.clock.deadline())
    text = caplog.text + str(error_of(Call(error("InvalidParameter", echo))))
    for secret in ("f00d", "selfie.jpg?X", "QUJDQUJD", KEY.secret_key, KEY.secret_id):
        assert secret not in text
    assert "attempt 1: FailedOperation.ServerError, RequestId r-error" in text
    assert "attempt 2: NoAnswer.ConnectionFailed" in text
    assert "attempt 3: r-live in 0.000 s" in text


def test_a_netrc_file_does_not_replace_the_signature(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password word\n")
    monkeypatch.setenv("NETRC", str(netrc))
    call = Call(LIVE)
    call.client.detect(url=URL, deadline=call.clock.deadline())
    assert call.sent[0].headers["Authorization"].startswith("TC3-HMAC-SHA256 ")


def test_every_request_is_reported_with_its_duration_and_its_error() -> None:
    call = Call(THROTTLED, error("Unheard.Of.Code"))
    attempts: list[DetectionAttempt] = []

    with pytest.raises(LivenessError):
        call.client.detect(url=URL, deadline=call.clock.deadline(), on_attempt=attempts.append)

    assert [(each.kind, each.code) for each in attempts] == [
        ("throttle", "RequestLimitExceeded"),
        ("request", "unlisted"),
    ]
    assert all(each.duration >= 0 for each in attempts)


def test_a_successful_request_is_reported_without_an_error() -> None:
    call = Call(LIVE)
    attempts: list[DetectionAttempt] = []

    call.client.detect(url=URL, deadline=call.clock.deadline(), on_attempt=attempts.append)

    assert [(each.kind, each.code) for each in attempts] == [(None, None)]


def test_a_request_that_is_not_sent_is_not_reported() -> None:
    call = Call()
    attempts: list[DetectionAttempt] = []

    with pytest.raises(LivenessError):
        call.client.detect(image=b"", deadline=call.clock.deadline(), on_attempt=attempts.append)

    assert attempts == []


@pytest.mark.parametrize(
    ("code", "dimension"),
    [
        ("ActionOffline", "ActionOffline"),
        ("NoAnswer.TimedOut", "NoAnswer.TimedOut"),
        ("NoAnswer.HttpStatus502", "NoAnswer.HttpStatus502"),
        ("NoAnswer.HttpStatus", "unlisted"),
        ("InternalError.Made.Up", "unlisted"),
    ],
)
def test_only_listed_codes_are_dimensions_of_metrics(code: str, dimension: str) -> None:
    assert listed(code) == dimension
