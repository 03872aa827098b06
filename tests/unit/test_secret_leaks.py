"""The search for leaks finds each kind of secret, and the client leaks none."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from urllib.parse import quote

import pytest
import requests

from liveness.credentials import TencentCredentials
from liveness.errors import LivenessError
from tests.secret_leaks import PATTERNS, LeakSearch
from tests.unit.tencent.fakes import Call, FakeCredentials, Reply, error

KEY = TencentCredentials("AKIDcanary0123456789", "canaryKey0123456789+/", "canaryToken0123456789")
IMAGE = bytes(range(256)) * 20
SEARCH = LeakSearch(
    {"the key": KEY.secret_key, "the token": str(KEY.token), "a note": "private note of 2 KB"},
    {"an image": IMAGE},
)
PRESIGNED = (
    "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=ASIACANARY%2F20261123%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2F%2F&X-Amz-Signature=" + "0a" * 32
)
CANARIES = {
    "a signature of a presigned URL": PRESIGNED,
    "a credential of a presigned URL": PRESIGNED,
    "a token of a presigned URL": PRESIGNED,
    "a signed header of AWS": "Authorization: AWS4-HMAC-SHA256 Credential=ASIACANARY/20261123",
    "a signed header of Tencent Cloud": "TC3-HMAC-SHA256 Credential=AKIDcanary/2026-11-23",
    "a signature": "SignedHeaders=host, Signature=" + "0a" * 32,
    "the key": f"secret {KEY.secret_key}.",
    "the token": f"X-TC-Token: {KEY.token}",
    "a note": "x-amz-meta-note: private note of 2 KB",
    "an image": base64.b64encode(IMAGE).decode(),
}


@pytest.mark.parametrize("kind", CANARIES)
def test_a_planted_canary_of_each_kind_is_found(kind: str) -> None:
    assert kind in SEARCH.kinds_in(f"before {CANARIES[kind]} after")


@pytest.mark.parametrize("kind", [kind for kind in PATTERNS if "presigned" in kind])
@pytest.mark.parametrize("encoded", [quote(PRESIGNED, safe=""), json.dumps({"url": PRESIGNED})])
def test_a_url_within_another_text_is_found(kind: str, encoded: str) -> None:
    assert kind in SEARCH.kinds_in(encoded)


@pytest.mark.parametrize(
    "encoded",
    [
        quote(KEY.secret_key, safe=""),
        quote(quote(KEY.secret_key, safe=""), safe=""),
        base64.b64encode(KEY.secret_key.encode()).decode(),
        json.dumps({"SecretKey": KEY.secret_key}),
    ],
)
def test_an_encoded_key_is_found(encoded: str) -> None:
    assert SEARCH.kinds_in(encoded) == {"the key"}


@pytest.mark.parametrize("encoded", [IMAGE.hex(), str(IMAGE), json.dumps(str(IMAGE)[:150])])
def test_an_encoded_image_is_found(encoded: str) -> None:
    assert SEARCH.kinds_in(encoded.replace("\\\\", "\\")) == {"an image"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "X-Amz-Signature",
        "s3://ours/selfies/1.jpg version 3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH",
        '{"request_id": "048a5eb3-f7a9-4c1f-a982-00e90b6b892c", "outcome": "live"}',
        "s3: AccessDenied",
    ],
)
def test_public_text_is_no_leak(text: str) -> None:
    assert SEARCH.kinds_in(text) == set()


def test_a_secret_that_is_too_short_to_search_for_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        LeakSearch({"root's key": "test"})


@pytest.mark.parametrize(
    "reply",
    [
        error("InternalError", f"{PRESIGNED} {base64.b64encode(IMAGE).decode()}"),
        error("AuthFailure.SignatureFailure"),
        error("InvalidParameter", f"Url {PRESIGNED}"),
        b"<html>",
        b"{",
        Reply(b"", 503),
        Reply(b"", 302, {"Location": PRESIGNED}),
        requests.ConnectionError("refused"),
        requests.ReadTimeout("nothing came"),
    ],
)
@pytest.mark.parametrize("sent", [{"url": PRESIGNED}, {"image": IMAGE}])
def test_no_error_of_the_client_leaks_a_secret_in_its_text_traceback_or_log(
    reply: Reply | bytes | Exception,
    sent: dict[str, str | bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    call = Call(*[reply] * 4, credentials=FakeCredentials((KEY, KEY)))

    with pytest.raises(LivenessError) as raised:
        call.client.detect(**sent, deadline=call.clock.deadline())  # type: ignore[arg-type]  # one of two

    text = "".join(traceback.format_exception(raised.value))
    assert SEARCH.kinds_in(text + caplog.text) == set()
