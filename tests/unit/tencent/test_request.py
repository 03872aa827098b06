"""The settings of the service, and the requests made with them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from liveness.errors import ImageRejectedByServiceError, RequestRefusedError
from liveness.models import Action
from liveness.tencent.request import MAX_REQUEST_BYTES, ServiceConfig


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
def test_an_endpoint_has_https_or_is_on_loopback(endpoint: str) -> None:
    assert ServiceConfig(endpoint=endpoint).endpoint == endpoint


@pytest.mark.parametrize(
    ("endpoint", "message"),
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
def test_other_endpoints_are_rejected_with_what_to_do(endpoint: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ServiceConfig(endpoint=endpoint)


@pytest.mark.parametrize(
    ("settings", "message"),
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
def test_invalid_settings_are_rejected(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ServiceConfig(**settings)


def test_a_url_is_sent_unchanged_and_alone() -> None:
    url = "https://b.s3.amazonaws.com/a%20b%2B%E8%87%AA.jpg?X-Amz-Signature=ab&versionId=a.b_c-d"
    assert json.loads(ServiceConfig().body(url=url)) == {"Url": url}


def test_bytes_are_sent_as_base64_with_the_configured_model() -> None:
    body = ServiceConfig(face_model_version="3.0").body(image=b"\xfb\xff")
    assert json.loads(body) == {"Image": "+/8=", "FaceModelVersion": "3.0"}


def test_without_a_configured_model_none_is_sent() -> None:
    assert json.loads(ServiceConfig(face_model_version="").body(image=b"a")) == {"Image": "YQ=="}


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
def test_a_url_that_is_not_percent_encoded_is_rejected_before_sending(url: str) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        ServiceConfig().body(url=url)
    assert caught.value.response.code == "InvalidParameterValue.UrlIllegal"
    assert caught.value.response.attempts == 0
    assert "example.com" not in str(caught.value)


def test_an_empty_image_is_rejected_before_sending() -> None:
    with pytest.raises(ImageRejectedByServiceError) as caught:
        ServiceConfig().body(image=b"")
    assert caught.value.reason == "empty_file"
    assert caught.value.response.attempts == 0


def test_a_request_above_ten_megabytes_is_rejected_before_sending() -> None:
    largest = (MAX_REQUEST_BYTES - len('{"Image": ""}')) // 4 * 3
    assert len(ServiceConfig().body(image=bytes(largest))) <= MAX_REQUEST_BYTES
    with pytest.raises(RequestRefusedError) as caught:
        ServiceConfig().body(image=bytes(largest + 3))
    assert caught.value.response.code == "RequestSizeLimitExceeded"


@pytest.mark.parametrize("given", [{}, {"url": "https://example.com", "image": b"a"}])
def test_an_image_is_given_either_by_url_or_by_bytes(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one of url and image"):
        ServiceConfig().body(**given)


def test_a_request_has_headers_for_action_version_region_and_language() -> None:
    config = ServiceConfig(
        endpoint="https://iai.intl.tencentcloudapi.com",
        region="ap-singapore",
        action=Action.DETECT_LIVE_FACE_ACCURATE,
        language="zh-CN",
    )
    request = config.request(b"{}").prepare()
    assert request.method == "POST"
    assert request.url == "https://iai.intl.tencentcloudapi.com/"
    assert request.body == b"{}"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-TC-Action"] == "DetectLiveFaceAccurate"
    assert request.headers["X-TC-Version"] == "2020-03-03"
    assert request.headers["X-TC-Region"] == "ap-singapore"
    assert request.headers["X-TC-Language"] == "zh-CN"
