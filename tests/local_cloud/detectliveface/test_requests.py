"""How a request is validated before its image is fetched."""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from typing import Any

import pytest
import requests

from liveness.credentials import TencentCredentials
from local.detectliveface.control_client import ControlClient
from local.detectliveface.process import DEFAULT_CREDENTIALS

from .caller import Caller
from .image_host import ImageHost, image

IMAGE = b64encode(image()).decode()
INVALID = "AuthFailure.InvalidAuthorization"


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer token",
        "TC3-HMAC-SHA256 Credential=id/2026-11-23/iai/tc3_request",
        "TC3-HMAC-SHA1 Credential=id/2026-11-23/iai/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={'0' * 64}",
        "TC3-HMAC-SHA256 Credential=id/2026-11-23/iai/tc3_request, "
        "SignedHeaders=content-type;host, Signature=short",
    ],
)
def test_an_authorization_of_another_form_is_refused(
    caller: Caller, authorization: str | None
) -> None:
    assert caller.error_code({"Image": IMAGE}, headers={"Authorization": authorization}) == INVALID


@pytest.mark.parametrize("names", ["host", "content-type", "x-tc-action", "host;content-type"])
def test_content_type_and_host_must_be_signed_in_order(caller: Caller, names: str) -> None:
    def resign(authorization: str) -> str:
        return authorization.replace("content-type;host", names)

    assert caller.error_code({"Image": IMAGE}, resign=resign) == INVALID


def test_a_header_signed_but_not_sent_is_refused(caller: Caller) -> None:
    assert caller.error_code({"Image": IMAGE}, signed={"x-tc-odd": "1"}) == INVALID


def test_further_headers_may_be_signed(caller: Caller) -> None:
    assert caller.error_code({"Image": IMAGE}, signed={"X-TC-Action": "DetectLiveFace"}) is None


def test_a_changed_signed_header_is_refused(caller: Caller) -> None:
    code = caller.error_code({"Image": IMAGE}, signed={"X-TC-Action": "DetectLiveFaceAccurate"})
    assert code == "AuthFailure.SignatureFailure"


def test_a_signature_for_another_service_is_refused(caller: Caller) -> None:
    assert caller.error_code({"Image": IMAGE}, service="faceid") == INVALID


def test_a_scope_of_another_day_is_refused(caller: Caller) -> None:
    def resign(authorization: str) -> str:
        secret_id, _, rest = authorization.partition("/")
        return f"{secret_id}/2020-01-01/{rest.partition('/')[2]}"

    assert caller.error_code({"Image": IMAGE}, resign=resign) == INVALID


def test_a_signature_for_another_host_is_refused(caller: Caller) -> None:
    headers = {"Host": caller.fake.endpoint}
    code = caller.error_code({"Image": IMAGE}, host="iai.tencentcloudapi.com", headers=headers)
    assert code == "AuthFailure.SignatureFailure"


def test_the_host_is_verified_as_it_was_sent(caller: Caller) -> None:
    assert caller.error_code({"Image": IMAGE}, host="iai.tencentcloudapi.com") is None


def test_the_content_type_is_verified_as_it_was_sent(caller: Caller) -> None:
    assert (
        caller.error_code({"Image": IMAGE}, content_type="application/json; charset=utf-8") is None
    )


@pytest.mark.parametrize(
    ("timestamp", "code"),
    [
        (None, "MissingParameter"),
        ("soon", "InvalidParameter"),
        ("-1", "InvalidParameter"),
        ("99999999999", "InvalidParameter"),
    ],
)
def test_a_timestamp_is_a_number_of_seconds(
    caller: Caller, timestamp: str | None, code: str
) -> None:
    assert caller.error_code({"Image": IMAGE}, headers={"X-TC-Timestamp": timestamp}) == code


@pytest.mark.parametrize(("skew", "code"), [(-290, None), (290, None), (-310, "expired")])
def test_a_timestamp_may_be_five_minutes_off(caller: Caller, skew: int, code: str | None) -> None:
    expected = code and "AuthFailure.SignatureExpire"
    assert caller.error_code({"Image": IMAGE}, skew=skew) == expected


@pytest.mark.parametrize("token", [None, "another"])
def test_the_token_must_be_that_of_the_key(
    caller: Caller, control: ControlClient, token: str | None
) -> None:
    control.set_credentials(TencentCredentials("AKIDTEMPORARY", "temporaryKey", "itsToken"))
    wrong = TencentCredentials("AKIDTEMPORARY", "temporaryKey", token)
    assert caller.error_code({"Image": IMAGE}, credentials=wrong) == "AuthFailure.TokenFailure"


def test_a_permanent_key_has_no_token(caller: Caller) -> None:
    odd = TencentCredentials(DEFAULT_CREDENTIALS.secret_id, DEFAULT_CREDENTIALS.secret_key, "token")
    assert caller.error_code({"Image": IMAGE}, credentials=odd) == "AuthFailure.TokenFailure"


@pytest.mark.parametrize("name", ["Action", "Version", "Region"])
def test_a_missing_common_parameter_is_named(caller: Caller, name: str) -> None:
    answer = caller.call({"Image": IMAGE}, headers={f"X-TC-{name}": None})
    assert answer["Error"] == {"Code": "MissingParameter", "Message": f"X-TC-{name} is missing"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_is_served(caller: Caller, method: str) -> None:
    answer = requests.request(method, caller.fake.url, timeout=10)
    assert answer.status_code == 200
    assert answer.json()["Response"]["Error"]["Code"] == "UnsupportedProtocol"


def test_a_request_has_at_most_10_megabytes(caller: Caller) -> None:
    def padded(size: int) -> bytes:
        return json.dumps({"Image": IMAGE}).encode().ljust(size)

    assert caller.error_code(padded(10 * 1024 * 1024)) is None
    assert caller.error_code(padded(10 * 1024 * 1024 + 1)) == "RequestSizeLimitExceeded"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_is_json(caller: Caller, content_type: str) -> None:
    assert caller.error_code({"Image": IMAGE}, content_type=content_type) == "InvalidParameter"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        (b"", "InvalidParameter"),
        (b"{", "InvalidParameter"),
        (b"\xff", "InvalidParameter"),
        (b"[" * 100_000, "InvalidParameter"),
        (b"[]", "InvalidParameter"),
        ({"Image": 7}, "InvalidParameter"),
        ({"Url": None}, "InvalidParameter"),
        ({"Image": IMAGE, "FaceModelVersion": 3.0}, "InvalidParameter"),
        ({"image": IMAGE}, "UnknownParameter"),
        ({}, "MissingParameter.ErrorParameterEmpty"),
        ({"Image": "", "Url": ""}, "MissingParameter.ErrorParameterEmpty"),
        (
            {"Image": IMAGE, "FaceModelVersion": "1.0"},
            "InvalidParameterValue.FaceModelVersionIllegal",
        ),
    ],
)
def test_parameters_have_their_names_and_types(
    caller: Caller, parameters: dict[str, Any] | bytes, code: str
) -> None:
    assert caller.error_code(parameters) == code


def test_the_successor_action_has_one_model(caller: Caller) -> None:
    accurate = {"X-TC-Action": "DetectLiveFaceAccurate"}
    for model, code in (
        ("3.0", None),
        ("2.0", "InvalidParameterValue.FaceModelVersionIllegal"),
    ):
        parameters = {"Image": IMAGE, "FaceModelVersion": model}
        assert caller.error_code(parameters, headers=accurate) == code


def test_the_default_model_is_3(caller: Caller) -> None:
    for parameters in ({"Image": IMAGE}, {"Image": IMAGE, "FaceModelVersion": ""}):
        assert caller.call(parameters)["FaceModelVersion"] == "3.0"


def test_of_url_and_image_the_url_is_used(caller: Caller, image_host: ImageHost) -> None:
    answer = caller.call({"Url": image_host.put("spoof.jpg"), "Image": IMAGE})
    assert answer["IsLiveness"] is False


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/a.jpg",
        "file:///etc/hostname",
        "http://",
        "http:///a.jpg",
        "http://127.0.0.1:99999/a.jpg",
        "http://[::1/a.jpg",
        "http://127.0.0.1/a b.jpg",
        "http://127.0.0.1/\u81ea\u62cd.jpg",
        "http://127.0.0.1/100%.jpg",
        "http://127.0.0.1/a\r\nX-Odd:1.jpg",
        "a.jpg",
    ],
)
def test_a_url_must_be_percent_encoded_http(caller: Caller, url: str) -> None:
    assert caller.error_code({"Url": url}) == "InvalidParameterValue.UrlIllegal"


def test_an_incomplete_request_is_not_logged_as_a_call(
    caller: Caller, control: ControlClient
) -> None:
    address = ("127.0.0.1", int(caller.fake.endpoint.rpartition(":")[2]))
    with socket.create_connection(address) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
    assert caller.error_code({"Image": IMAGE}) is None
    assert control.calls().total == 1
