"""The signature: equal to the test vectors, to the official SDK, and of what is sent."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.auth import AuthBase
from tencentcloud.common.abstract_client import AbstractClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.common.profile.client_profile import ClientProfile

from liveness.credentials import TencentCredentials
from liveness.tencent.auth import TencentCloud3Auth, host_header, sign

VECTORS = json.loads((Path(__file__).parent / "tc3-vectors.json").read_text("utf-8"))["vectors"]
KEY = TencentCredentials("AKIDmadeup", "madeUpKey")

secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64)
words = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=12)
parameters = st.dictionaries(words, st.one_of(st.text(max_size=50), st.integers(), st.booleans()))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['id']}")
def test_every_test_vector_is_reproduced(vector: dict[str, Any]) -> None:
    signature = sign(
        base64.b64decode(vector["payload_b64"]),
        content_type=vector["content_type"],
        host=vector["host"],
        timestamp=vector["timestamp"],
        credentials=TencentCredentials(vector["secret_id"], vector["secret_key"], vector["token"]),
        service=vector["service"],
    )
    assert signature.string_to_sign == vector["string_to_sign"]
    assert signature.authorization == vector["authorization"]


# The SDK calls a function that Python deprecated.
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")
@settings(deadline=None)
@given(secrets, secrets, st.none() | secrets, parameters)
def test_the_official_sdk_builds_requests_signed_the_same_way(
    secret_id: str, secret_key: str, token: str | None, sent: dict[str, object]
) -> None:
    profile = ClientProfile()
    profile.httpProfile.endpoint = "iai.tencentcloudapi.com"
    client = AbstractClient(Credential(secret_id, secret_key, token), "ap-singapore", profile)
    client._service = "iai"
    request = RequestInternal("iai.tencentcloudapi.com", "POST", "/")
    client._build_req_with_tc3_signature("DetectLiveFace", sent, request)

    signature = sign(
        request.data.encode(),
        content_type=request.header["Content-Type"],
        host=request.header["Host"],
        timestamp=int(request.header["X-TC-Timestamp"]),
        credentials=TencentCredentials(secret_id, secret_key, token),
    )
    assert signature.authorization == request.header["Authorization"]


@settings(deadline=None)
@given(
    payload=st.binary(max_size=500),
    secret_key=secrets,
    service=words,
    timestamp=st.integers(0, 4_000_000_000),
    content_type=st.sampled_from(
        ["application/json", "application/json; charset=utf-8", "Text/Plain"]
    ),
    host=st.sampled_from(["iai.tencentcloudapi.com", "127.0.0.1:8080", "[::1]:80"]),
)
def test_the_official_sdk_signs_the_same_bytes_the_same_way(
    *, payload: bytes, secret_key: str, service: str, timestamp: int, content_type: str, host: str
) -> None:
    ours = sign(
        payload,
        content_type=content_type,
        host=host,
        timestamp=timestamp,
        credentials=TencentCredentials("AKID", secret_key),
        service=service,
    )
    request = RequestInternal(host, "POST", "/")
    request.data = payload
    request.header = {
        "Content-Type": content_type,
        "Host": host,
        "X-TC-Timestamp": str(timestamp),
    }
    date = ours.string_to_sign.splitlines()[2].partition("/")[0]
    client = AbstractClient(None, "")
    theirs = client._get_tc3_signature({}, request, date, service, secret_key)
    assert ours.authorization.endswith(f"Signature={theirs}")


def test_further_headers_are_signed_sorted_trimmed_and_in_lower_case() -> None:
    signature = sign(
        b"{}",
        content_type=" application/json ",
        host="iai.tencentcloudapi.com",
        timestamp=0,
        credentials=KEY,
        signed_headers={"X-TC-Action": " DetectLiveFace ", "A": "B"},
    )
    assert signature.canonical_request.splitlines()[3:9] == [
        "a:b",
        "content-type:application/json",
        "host:iai.tencentcloudapi.com",
        "x-tc-action:detectliveface",
        "",
        "a;content-type;host;x-tc-action",
    ]
    assert "1970-01-01/iai/tc3_request" in signature.string_to_sign


def prepared(auth: AuthBase, **options: Any) -> requests.PreparedRequest:
    options = {"data": b"{}", "headers": {"Content-Type": "application/json"}} | options
    url = options.pop("url", "https://iai.tencentcloudapi.com")
    return requests.Request("POST", url, auth=auth, **options).prepare()


def test_the_bytes_that_are_sent_are_signed() -> None:
    credentials = TencentCredentials("AKIDmadeup", "madeUpKey", "madeUpToken")
    request = prepared(TencentCloud3Auth(credentials, now=lambda: 1_700_000_000.9), data=b"[1]")
    expected = sign(
        b"[1]",
        content_type="application/json",
        host="iai.tencentcloudapi.com",
        timestamp=1_700_000_000,
        credentials=credentials,
    )
    assert request.headers["Authorization"] == expected.authorization
    assert request.headers["Host"] == "iai.tencentcloudapi.com"
    assert request.headers["X-TC-Timestamp"] == "1700000000"
    assert request.headers["X-TC-Token"] == "madeUpToken"


def test_a_permanent_key_sends_no_token() -> None:
    assert "X-TC-Token" not in prepared(TencentCloud3Auth(KEY)).headers


@pytest.mark.parametrize(
    "options", [{"data": "text"}, {"data": None}, {"headers": {}}], ids=["text", "none", "untyped"]
)
def test_a_request_without_bytes_or_content_type_is_not_signed(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="only a POST of bytes"):
        prepared(TencentCloud3Auth(KEY), **options)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://iai.tencentcloudapi.com/", "iai.tencentcloudapi.com"),
        ("https://iai.tencentcloudapi.com:443/", "iai.tencentcloudapi.com"),
        ("https://iai.tencentcloudapi.com:80/", "iai.tencentcloudapi.com:80"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ("http://[::1]:80/", "[::1]"),
        ("https://user:word@example.com/", "example.com"),
        ("other://example.com:7/", "example.com:7"),
    ],
)
def test_the_host_header_is_signed_as_http_sends_it(url: str, host: str) -> None:
    assert host_header(url) == host
