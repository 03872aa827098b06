"""Every magic word, seen from the caller's end of the wire."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
import requests

from local.detectliveface.server import Control

from .album import Album, picture
from .caller import Caller

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
def test_a_verdict_stands_in_the_field_that_counts(
    caller: Caller, album: Album, name: str, live: bool, score: float
) -> None:
    url = album.put(name)
    assert caller.ask({"Url": url, "FaceModelVersion": "3.0"})["IsLiveness"] is live
    assert caller.ask({"Url": url, "FaceModelVersion": "2.0"})["Score"] == score
    assert caller.ask({"Url": url}, headers=ACCURATE)["Score"] == score


@pytest.mark.parametrize("name", ["live.jpg", "spoof.jpg"])
def test_the_field_that_means_nothing_says_nothing(caller: Caller, album: Album, name: str) -> None:
    url = album.put(name)
    assert caller.ask({"Url": url, "FaceModelVersion": "3.0"})["Score"] == 0
    assert caller.ask({"Url": url, "FaceModelVersion": "2.0"})["IsLiveness"] is False


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
def test_a_name_can_ask_for_an_error(caller: Caller, album: Album, name: str, code: str) -> None:
    assert caller.code({"Url": album.put(name)}) == code


def test_what_is_seen_in_a_picture_needs_a_picture(caller: Caller, album: Album) -> None:
    url = album.put("no-face.jpg", b"no picture")
    assert caller.code({"Url": url}) == "FailedOperation.ImageDecodeFailed"


def test_a_fault_of_the_service_comes_before_the_picture(caller: Caller, album: Album) -> None:
    url = album.put("error-InternalError.jpg", b"no picture")
    assert caller.code({"Url": url}) == "InternalError"


def test_drop_closes_the_connection_without_an_answer(caller: Caller, album: Album) -> None:
    with pytest.raises(requests.ConnectionError, match="without response"):
        caller.post({"Url": album.put("drop.jpg")})


def test_truncated_closes_the_connection_within_the_answer(caller: Caller, album: Album) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        caller.post({"Url": album.put("truncated.jpg")})


@pytest.mark.parametrize("name", ["hang.jpg", "slow-60000.jpg", "drip-60000.jpg"])
def test_a_slow_answer_outlasts_an_impatient_caller(
    caller: Caller, album: Album, name: str
) -> None:
    with pytest.raises((requests.Timeout, requests.ConnectionError), match="timed out"):
        caller.post({"Url": album.put(name)}, timeout=0.2)


def test_a_dripping_answer_is_whole_in_the_end(caller: Caller, album: Album) -> None:
    assert caller.ask({"Url": album.put("drip-1-spoof.jpg")})["IsLiveness"] is False


def test_garbage_is_no_json(caller: Caller, album: Album) -> None:
    response = caller.post({"Url": album.put("garbage.jpg")})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        json.loads(response.content)


def test_empty_is_a_success_without_a_body(caller: Caller, album: Album) -> None:
    response = caller.post({"Url": album.put("empty.jpg")})
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("name", "status"), [("html.jpg", 200), ("status-502.jpg", 502), ("status-429-1.jpg", 429)]
)
def test_a_gateway_answers_a_page(caller: Caller, album: Album, name: str, status: int) -> None:
    response = caller.post({"Url": album.put(name)})
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")


def test_redirect_points_back(caller: Caller, album: Album) -> None:
    response = caller.post({"Url": album.put("redirect.jpg")})
    assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_oversized_is_an_answer_of_over_a_megabyte(caller: Caller, album: Album) -> None:
    assert len(caller.post({"Url": album.put("oversized.jpg")}).content) > 1024 * 1024


def test_no_verdict_is_a_success_without_its_fields(caller: Caller, album: Album) -> None:
    assert caller.ask({"Url": album.put("no-verdict.jpg")}).keys() == {"RequestId"}


def test_first_bounds_an_effect_to_the_first_calls(caller: Caller, album: Album) -> None:
    url = album.put("first-2-error-InternalError.jpg")
    codes = [caller.code({"Url": url}) for _ in range(3)]
    assert codes == ["InternalError", "InternalError", None]


def test_inline_bytes_go_by_the_name_they_were_seen_under(
    caller: Caller, album: Album, control: Control
) -> None:
    content = picture(colour="navy")
    inline: dict[str, Any] = {"Image": b64encode(content).decode()}
    assert caller.ask(inline)["IsLiveness"] is True
    caller.ask({"Url": album.put("spoof-inline.jpg", content)})
    assert caller.ask(inline)["IsLiveness"] is False
    control.reset()
    assert caller.ask(inline)["IsLiveness"] is True
