"""The service's settings, and the request that they make."""

from __future__ import annotations

import json
from typing import Any

import pytest

from liveness.errors import PictureRejected, RequestRefused
from liveness.model import Action
from liveness.tencent.service import MOST_BYTES, Service


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://iai.tencentcloudapi.com",
        "https://iai.intl.tencentcloudapi.com/",
        "https://proxy.internal:8443",
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://localhost:1/",
        "http://[::1]:8080",
        "HTTPS://iai.tencentcloudapi.com",
    ],
)
def test_https_anywhere_and_http_on_this_machine_are_endpoints(endpoint: str) -> None:
    assert Service(endpoint=endpoint).endpoint == endpoint


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        ("http://iai.tencentcloudapi.com", "must use https"),
        ("http://127.0.0.1.example.com", "must use https"),
        ("http://10.0.0.1", "must use https"),
        ("ftp://127.0.0.1", "must use https"),
        ("", "must be an address such as https://iai"),
        ("iai.tencentcloudapi.com", "must be an address"),
        ("https://", "must be an address"),
        ("https://a b", "must be an address"),
        ("https://" + "a" * 64 + ".com", "must be an address"),
        ("https://example..com", "must be an address"),
        ("https://example.com:0", "must be an address"),
        ("https://example.com:port", "must be an address"),
        ("https://[::1", "must be an address"),
        ("https://пример.com", "must be an address"),
        ("https://user:word@example.com", "scheme, host and port alone"),
        ("https://example.com/path", "scheme, host and port alone"),
        ("https://example.com?a=b", "scheme, host and port alone"),
        ("https://example.com#a", "scheme, host and port alone"),
    ],
)
def test_other_endpoints_are_refused_with_what_to_do(endpoint: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Service(endpoint=endpoint)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"region": ""}, "region must be named"),
        ({"region": "ap-singapore\r\nX: y"}, "region must be named"),
        ({"language": "de-DE"}, "one of en-US, zh-CN"),
        ({"face_model_version": "4.0"}, "face models 2.0, 3.0"),
        (
            {"face_model_version": "2.0", "action": Action.DETECT_LIVE_FACE_ACCURATE},
            "DetectLiveFaceAccurate knows the face models 3.0",
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Service(**settings)


def test_an_address_travels_alone_as_it_is() -> None:
    url = "https://b.s3.amazonaws.com/a%20b%2B%E8%87%AA.jpg?X-Amz-Signature=ab&versionId=a.b_c-d"
    assert json.loads(Service().body(url=url)) == {"Url": url}


def test_bytes_travel_as_base64_with_the_model_asked_for() -> None:
    body = Service(face_model_version="3.0").body(image=b"\xfb\xff")
    assert json.loads(body) == {"Image": "+/8=", "FaceModelVersion": "3.0"}


def test_no_model_asked_for_is_left_to_the_account() -> None:
    assert json.loads(Service(face_model_version="").body(image=b"a")) == {"Image": "YQ=="}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3://bucket/key",
        "https://",
        "https://example.com/自拍.jpg",
        "https://example.com/a b",
        "https://example.com/a\n",
        "https://example.com/a%2",
        "https://example.com/%zz",
        'https://example.com/"',
        "https://example.com/a#b",
    ],
)
def test_an_address_that_is_not_percent_encoded_is_refused_unsent(url: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        Service().body(url=url)
    assert caught.value.answer.code == "InvalidParameterValue.UrlIllegal"
    assert caught.value.answer.attempts == 0
    assert "example.com" not in str(caught.value)


def test_an_empty_picture_is_refused_unsent() -> None:
    with pytest.raises(PictureRejected) as caught:
        Service().body(image=b"")
    assert caught.value.reason == "empty_file"
    assert caught.value.answer.attempts == 0


def test_a_request_above_ten_megabytes_is_refused_unsent() -> None:
    largest = (MOST_BYTES - len('{"Image": ""}')) // 4 * 3
    assert len(Service().body(image=bytes(largest))) <= MOST_BYTES
    with pytest.raises(RequestRefused) as caught:
        Service().body(image=bytes(largest + 3))
    assert caught.value.answer.code == "RequestSizeLimitExceeded"


@pytest.mark.parametrize("given", [{}, {"url": "https://example.com", "image": b"a"}])
def test_a_picture_is_given_in_one_way(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one of url and image"):
        Service().body(**given)


def test_the_request_names_action_version_region_and_language() -> None:
    service = Service(
        endpoint="https://iai.intl.tencentcloudapi.com",
        region="ap-singapore",
        action=Action.DETECT_LIVE_FACE_ACCURATE,
        language="zh-CN",
    )
    request = service.request(b"{}").prepare()
    assert request.method == "POST"
    assert request.url == "https://iai.intl.tencentcloudapi.com/"
    assert request.body == b"{}"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-TC-Action"] == "DetectLiveFaceAccurate"
    assert request.headers["X-TC-Version"] == "2020-03-03"
    assert request.headers["X-TC-Region"] == "ap-singapore"
    assert request.headers["X-TC-Language"] == "zh-CN"
