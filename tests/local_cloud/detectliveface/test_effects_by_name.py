"""Every effect of a name, as the caller sees it."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
import requests

from local.detectliveface.control_client import ControlClient

from .caller import Caller
from .image_host import ImageHost, image

ACCURATE = {"X-TC-Action": "DetectLiveFaceAccurate"}


@pytest.mark.parametrize(
    ("name", "live", "score"),
    [
        ("live-1.jpg", True, 99),
        ("spoof-1.jpg", False, 12),
        ("IMG_1.jpg", True, 99),
        ("score-86.5.jpg", False, 86.5),
        ("score-88-2.jpg", True, 88),
    ],
)
def test_a_detection_is_in_the_field_of_the_model(
    caller: Caller, image_host: ImageHost, name: str, live: bool, score: float
) -> None:
    url = image_host.put(name)
    assert caller.call({"Url": url, "FaceModelVersion": "3.0"})["IsLiveness"] is live
    assert caller.call({"Url": url, "FaceModelVersion": "2.0"})["Score"] == score
    assert caller.call({"Url": url}, headers=ACCURATE)["Score"] == score


@pytest.mark.parametrize("name", ["live.jpg", "spoof.jpg"])
def test_the_field_of_the_other_model_is_constant(
    caller: Caller, image_host: ImageHost, name: str
) -> None:
    url = image_host.put(name)
    assert caller.call({"Url": url, "FaceModelVersion": "3.0"})["Score"] == 0
    assert caller.call({"Url": url, "FaceModelVersion": "2.0"})["IsLiveness"] is False


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("no-face.jpg", "InvalidParameterValue.NoFaceInPhoto"),
        ("error-FailedOperation.ServerError-1.jpg", "FailedOperation.ServerError"),
        ("error-ResourceUnavailable.InArrears.jpg", "ResourceUnavailable.InArrears"),
        ("error-ActionOffline.jpg", "ActionOffline"),
        ("slow-1-error-InternalError.jpg", "InternalError"),
    ],
)
def test_a_name_can_select_an_error(
    caller: Caller, image_host: ImageHost, name: str, code: str
) -> None:
    assert caller.error_code({"Url": image_host.put(name)}) == code


def test_an_error_about_the_face_needs_a_valid_image(caller: Caller, image_host: ImageHost) -> None:
    url = image_host.put("no-face.jpg", b"no picture")
    assert caller.error_code({"Url": url}) == "FailedOperation.ImageDecodeFailed"


def test_a_service_error_needs_no_valid_image(caller: Caller, image_host: ImageHost) -> None:
    url = image_host.put("error-InternalError.jpg", b"no picture")
    assert caller.error_code({"Url": url}) == "InternalError"


def test_drop_closes_the_connection_without_a_response(
    caller: Caller, image_host: ImageHost
) -> None:
    with pytest.raises(requests.ConnectionError, match="without response"):
        caller.post({"Url": image_host.put("drop.jpg")})


def test_truncated_closes_the_connection_within_the_body(
    caller: Caller, image_host: ImageHost
) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        caller.post({"Url": image_host.put("truncated.jpg")})


@pytest.mark.parametrize("name", ["hang.jpg", "slow-60000.jpg", "drip-60000.jpg"])
def test_a_slow_response_exceeds_the_timeout_of_a_caller(
    caller: Caller, image_host: ImageHost, name: str
) -> None:
    with pytest.raises((requests.Timeout, requests.ConnectionError), match="timed out"):
        caller.post({"Url": image_host.put(name)}, timeout=0.2)


def test_a_dripping_response_is_complete_in_the_end(caller: Caller, image_host: ImageHost) -> None:
    assert caller.call({"Url": image_host.put("drip-1-spoof.jpg")})["IsLiveness"] is False


def test_garbage_is_not_json(caller: Caller, image_host: ImageHost) -> None:
    response = caller.post({"Url": image_host.put("garbage.jpg")})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        json.loads(response.content)


def test_empty_is_a_success_without_a_body(caller: Caller, image_host: ImageHost) -> None:
    response = caller.post({"Url": image_host.put("empty.jpg")})
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("name", "status"), [("html.jpg", 200), ("status-502.jpg", 502), ("status-429-1.jpg", 429)]
)
def test_a_gateway_status_has_an_html_page(
    caller: Caller, image_host: ImageHost, name: str, status: int
) -> None:
    response = caller.post({"Url": image_host.put(name)})
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")


def test_redirect_has_a_location(caller: Caller, image_host: ImageHost) -> None:
    response = caller.post({"Url": image_host.put("redirect.jpg")})
    assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_oversized_is_a_response_of_over_a_megabyte(caller: Caller, image_host: ImageHost) -> None:
    assert len(caller.post({"Url": image_host.put("oversized.jpg")}).content) > 1024 * 1024


def test_no_verdict_is_a_success_without_its_fields(caller: Caller, image_host: ImageHost) -> None:
    assert caller.call({"Url": image_host.put("no-verdict.jpg")}).keys() == {"RequestId"}


def test_first_limits_an_effect_to_the_first_calls(caller: Caller, image_host: ImageHost) -> None:
    url = image_host.put("first-2-error-InternalError.jpg")
    codes = [caller.error_code({"Url": url}) for _ in range(3)]
    assert codes == ["InternalError", "InternalError", None]


def test_an_inline_image_has_the_name_of_its_last_download(
    caller: Caller, image_host: ImageHost, control: ControlClient
) -> None:
    content = image(colour="navy")
    inline: dict[str, Any] = {"Image": b64encode(content).decode()}
    assert caller.call(inline)["IsLiveness"] is True
    caller.call({"Url": image_host.put("spoof-inline.jpg", content)})
    assert caller.call(inline)["IsLiveness"] is False
    control.reset()
    assert caller.call(inline)["IsLiveness"] is True
