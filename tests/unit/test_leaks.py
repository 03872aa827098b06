"""The search for leaks finds each kind, and our own client gives none away."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from urllib.parse import quote

import pytest
import requests

from liveness.errors import LivenessError
from liveness.tencent.signing import Credentials
from tests.leaks import SHAPES, Search
from tests.unit.tencent.fakes import Call, Reply, Source, error

KEY = Credentials("AKIDcanary0123456789", "canaryKey0123456789+/", "canaryToken0123456789")
PICTURE = bytes(range(256)) * 20
SEARCH = Search(
    {"the key": KEY.secret_key, "the token": str(KEY.token), "a note": "private note of 2 KB"},
    {"a picture": PICTURE},
)
PRESIGNED = (
    "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=ASIACANARY%2F20261123%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2F%2F&X-Amz-Signature=" + "0a" * 32
)
CANARIES = {
    "a signature of a presigned address": PRESIGNED,
    "a credential of a presigned address": PRESIGNED,
    "a token of a presigned address": PRESIGNED,
    "a signed header of AWS": "Authorization: AWS4-HMAC-SHA256 Credential=ASIACANARY/20261123",
    "a signed header of Tencent Cloud": "TC3-HMAC-SHA256 Credential=AKIDcanary/2026-11-23",
    "a signature": "SignedHeaders=host, Signature=" + "0a" * 32,
    "the key": f"secret {KEY.secret_key}.",
    "the token": f"X-TC-Token: {KEY.token}",
    "a note": "x-amz-meta-note: private note of 2 KB",
    "a picture": base64.b64encode(PICTURE).decode(),
}


@pytest.mark.parametrize("kind", CANARIES)
def test_a_planted_canary_of_each_kind_is_found(kind: str) -> None:
    assert kind in SEARCH.kinds_in(f"before {CANARIES[kind]} after")


@pytest.mark.parametrize("kind", [kind for kind in SHAPES if "presigned" in kind])
@pytest.mark.parametrize("written", [quote(PRESIGNED, safe=""), json.dumps({"url": PRESIGNED})])
def test_an_address_within_another_text_is_found(kind: str, written: str) -> None:
    assert kind in SEARCH.kinds_in(written)


@pytest.mark.parametrize(
    "written",
    [
        quote(KEY.secret_key, safe=""),
        quote(quote(KEY.secret_key, safe=""), safe=""),
        base64.b64encode(KEY.secret_key.encode()).decode(),
        json.dumps({"SecretKey": KEY.secret_key}),
    ],
)
def test_a_key_in_other_writing_is_found(written: str) -> None:
    assert SEARCH.kinds_in(written) == {"the key"}


@pytest.mark.parametrize("written", [PICTURE.hex(), str(PICTURE), json.dumps(str(PICTURE)[:150])])
def test_a_picture_in_other_writing_is_found(written: str) -> None:
    assert SEARCH.kinds_in(written.replace("\\\\", "\\")) == {"a picture"}


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
def test_what_everybody_may_read_is_no_leak(text: str) -> None:
    assert SEARCH.kinds_in(text) == set()


def test_what_is_too_short_to_be_told_from_chance_is_not_looked_for() -> None:
    with pytest.raises(ValueError, match="too short"):
        Search({"root's key": "test"})


@pytest.mark.parametrize(
    "reply",
    [
        error("InternalError", f"{PRESIGNED} {base64.b64encode(PICTURE).decode()}"),
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
@pytest.mark.parametrize("asked", [{"url": PRESIGNED}, {"image": PICTURE}])
def test_no_fault_of_the_client_gives_anything_away_neither_by_text_nor_by_trace_nor_by_log(
    reply: Reply | bytes | Exception,
    asked: dict[str, str | bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    call = Call(*[reply] * 4, source=Source((KEY, KEY)))

    with pytest.raises(LivenessError) as fault:
        call.client.detect(**asked, deadline=call.clock.deadline())  # type: ignore[arg-type]  # one of two

    told = "".join(traceback.format_exception(fault.value))
    assert SEARCH.kinds_in(told + caplog.text) == set()
