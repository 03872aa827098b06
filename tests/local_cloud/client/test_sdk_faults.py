"""What goes wrong with the official SDK (api-facts) on a real network, and does not here.

The sixth fault, slow imports, needs no network: tests/unit/tencent/test_imports.py.
"""

from __future__ import annotations

import json
import ssl
from pathlib import Path

import pytest
import requests
from tencentcloud.common.exception import TencentCloudSDKException

from liveness.errors import AccountBlocked, ServiceUnreachable
from local.detectliveface.server import DetectLiveFaceServer
from tests.local_cloud.client.certificates import Authority
from tests.local_cloud.client.conftest import Tell
from tests.local_cloud.client.gateway import LIVE, Gateway, Raw, body_of
from tests.local_cloud.client.official import official
from tests.local_cloud.client.story import URL, ours
from tests.local_cloud.detectliveface.album import Album

# The SDK takes the date with a function that Python 3.12 deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

IN_ARREARS = {"Code": "ResourceUnavailable.InArrears", "Message": "told so"}
ANSWER = Raw.answer(body_of(LIVE))
HEAD = ANSWER.content.index(b"\r\n\r\n") + 4


def test_sdk_fault_1_throttled_once_is_two_calls_and_a_verdict(
    tell: Tell, server: DetectLiveFaceServer, album: Album
) -> None:
    story = tell("first-1-error-RequestLimitExceeded.jpg")
    assert story.check().facts["outcome"] == "live"
    assert [call.outcome for call in story.calls] == ["RequestLimitExceeded", "live"]

    theirs = album.put("first-1-error-RequestLimitExceeded-theirs.jpg")
    with pytest.raises(TencentCloudSDKException, match="RequestLimitExceeded"):
        official(server.endpoint, theirs)
    outcomes = [call.outcome for call in story.calls[2:]]
    assert outcomes == ["RequestLimitExceeded", "live", "live"]


@pytest.mark.parametrize(
    "code",
    [
        "InternalError",
        "FailedOperation.RequestLimitExceeded",
        "RequestLimitExceeded.IPLimitExceeded",
    ],
)
def test_sdk_fault_2_codes_that_it_never_retries_are_retried(
    tell: Tell, server: DetectLiveFaceServer, album: Album, code: str
) -> None:
    story = tell(f"first-1-error-{code}.jpg")
    assert story.check().facts["outcome"] == "live"
    assert [call.outcome for call in story.calls] == [code, "live"]

    with pytest.raises(TencentCloudSDKException, match=code):
        official(server.endpoint, album.put(f"first-1-error-{code}-theirs.jpg"))
    assert [call.outcome for call in story.calls[2:]] == [code]


@pytest.mark.parametrize("parameters", ["; charset=utf-8", ";charset=UTF-8", "; version=1"])
def test_sdk_fault_3_an_error_is_an_error_whatever_its_content_type_says(
    session: requests.Session, parameters: str
) -> None:
    response = {"Error": IN_ARREARS, "RequestId": "r-1"}
    reply = Raw.answer(body_of(response), f"application/json{parameters}")
    with Gateway(reply) as gateway:
        with pytest.raises(AccountBlocked) as caught:
            ours(gateway.url, session)
        assert caught.value.answer.code == IN_ARREARS["Code"]
        assert caught.value.answer.request_id == "r-1"

        # No exception: who reads fields of a verdict from this finds none.
        assert official(gateway.address, URL) == {"Response": response}


def test_sdk_fault_3_a_verdict_is_a_verdict_whatever_its_content_type_says(
    session: requests.Session,
) -> None:
    with Gateway(Raw.answer(body_of(LIVE), "text/plain; charset=gbk")) as gateway:
        assert ours(gateway.url, session).is_liveness is True


@pytest.mark.parametrize("drips_from", [0, HEAD - 4, HEAD], ids=["all", "end-of-head", "body"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
def test_sdk_fault_4_a_dripping_answer_ends_with_the_deadline(
    session: requests.Session,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    drips_from: int,
    encrypted: bool,
) -> None:
    tls = _tls(monkeypatch, tmp_path) if encrypted else None
    reply = Raw(ANSWER.content, every=0.1, drips_from=drips_from)
    with Gateway(reply, tls=tls) as gateway:
        with pytest.raises(ServiceUnreachable) as caught:
            ours(gateway.url, session, seconds=0.8)
        assert caught.value.answer.code == "NoAnswer.TimedOut"
        assert caught.value.answer.attempts == len(gateway.requests) == 1
        assert gateway.completed == 0


def test_sdk_fault_4_headers_without_end_are_left_at_the_deadline(
    session: requests.Session,
) -> None:
    endless = Raw(ANSWER.content[: HEAD - 2] + b"X-More: yes\r\n" * 200, every=0.02)
    with Gateway(endless) as gateway:
        with pytest.raises(ServiceUnreachable) as caught:
            ours(gateway.url, session, seconds=0.8)
        assert caught.value.answer.code == "NoAnswer.TimedOut"
        assert gateway.completed == 0


def test_sdk_fault_4_the_sdks_time_out_does_not_end_a_dripping_answer() -> None:
    dripping = Raw(ANSWER.content, every=0.01, drips_from=HEAD)
    time_out = 0.75
    assert dripping.lasts > time_out
    with Gateway(dripping) as gateway:
        assert official(gateway.address, URL, timeout=time_out) == {"Response": LIVE}


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe", b'{"Response": '])
def test_sdk_fault_5_a_success_that_is_no_json_is_no_answer(
    session: requests.Session, body: bytes
) -> None:
    with Gateway(Raw.answer(body)) as gateway:
        with pytest.raises(ServiceUnreachable) as caught:
            ours(gateway.url, session)
        assert caught.value.answer.code == "NoAnswer.NotJson"
        assert caught.value.answer.attempts == len(gateway.requests) == 3

        with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
            official(gateway.address, URL)


def test_sdk_fault_5_an_error_without_a_request_id_is_still_that_error(
    session: requests.Session,
) -> None:
    with Gateway(Raw.answer(body_of({"Error": IN_ARREARS}))) as gateway:
        with pytest.raises(AccountBlocked) as caught:
            ours(gateway.url, session)
        assert caught.value.answer.code == IN_ARREARS["Code"]
        assert caught.value.answer.request_id is None

        with pytest.raises(KeyError, match="RequestId"):
            official(gateway.address, URL)


def _tls(monkeypatch: pytest.MonkeyPatch, folder: Path) -> ssl.SSLContext:
    authority = Authority(folder)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))
    return authority.server_tls()
