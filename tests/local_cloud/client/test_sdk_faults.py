"""The faults of the official SDK on a real network, which this client does not have.

They are listed in docs/detectliveface-api.md. The sixth, slow imports, needs no network:
tests/unit/tencent/test_imports.py.
"""

from __future__ import annotations

import json
import time

import pytest
import requests
import trustme
from tencentcloud.common.exception import TencentCloudSDKException

from liveness.errors import AccountBlockedError, ServiceUnreachableError
from local.detectliveface.process import FakeDetectLiveFace
from tests.local_cloud.client.api_server import LIVE, ApiServer, body_of, http_response
from tests.local_cloud.client.broken_server import BrokenServer, RawReply
from tests.local_cloud.client.certificates import server_context
from tests.local_cloud.client.conftest import CreateScenario
from tests.local_cloud.client.official import official
from tests.local_cloud.client.scenario import URL, detect
from tests.local_cloud.detectliveface.image_host import ImageHost

# The SDK calls a function that Python 3.12 deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

IN_ARREARS = {"Code": "ResourceUnavailable.InArrears", "Message": "a message"}
RESPONSE = RawReply.http(body_of(LIVE))
BODY_STARTS = RESPONSE.content.index(b"\r\n\r\n") + 4


def test_sdk_fault_1_throttled_once_is_two_calls_and_a_verdict(
    create_scenario: CreateScenario, fake: FakeDetectLiveFace, image_host: ImageHost
) -> None:
    scenario = create_scenario("first-1-error-RequestLimitExceeded.jpg")
    assert scenario.process()["outcome"] == "live"
    assert [call.outcome for call in scenario.calls] == ["RequestLimitExceeded", "live"]

    theirs = image_host.put("first-1-error-RequestLimitExceeded-theirs.jpg")
    with pytest.raises(TencentCloudSDKException, match="RequestLimitExceeded"):
        official(fake.endpoint, theirs)
    outcomes = [call.outcome for call in scenario.calls[2:]]
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
    create_scenario: CreateScenario, fake: FakeDetectLiveFace, image_host: ImageHost, code: str
) -> None:
    scenario = create_scenario(f"first-1-error-{code}.jpg")
    assert scenario.process()["outcome"] == "live"
    assert [call.outcome for call in scenario.calls] == [code, "live"]

    with pytest.raises(TencentCloudSDKException, match=code):
        official(fake.endpoint, image_host.put(f"first-1-error-{code}-theirs.jpg"))
    assert [call.outcome for call in scenario.calls[2:]] == [code]


@pytest.mark.parametrize("parameters", ["; charset=utf-8", ";charset=UTF-8", "; version=1"])
def test_sdk_fault_3_an_error_is_an_error_whatever_its_content_type_says(
    session: requests.Session, parameters: str
) -> None:
    response = {"Error": IN_ARREARS, "RequestId": "r-1"}
    reply = http_response(body_of(response), f"application/json{parameters}")
    with ApiServer(reply) as server:
        with pytest.raises(AccountBlockedError) as caught:
            detect(server.url, session)
        assert caught.value.response.code == IN_ARREARS["Code"]
        assert caught.value.response.request_id == "r-1"

        # No exception: its caller finds no field of a detection in this.
        assert official(server.address, URL) == {"Response": response}


def test_sdk_fault_3_a_detection_is_one_whatever_its_content_type_says(
    session: requests.Session,
) -> None:
    with ApiServer(http_response(body_of(LIVE), "text/plain; charset=gbk")) as server:
        assert detect(server.url, session).is_liveness is True


@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
def test_sdk_fault_4_a_dripping_body_ends_with_the_deadline(
    session: requests.Session, trusted_authority: trustme.CA, encrypted: bool
) -> None:
    tls = server_context(trusted_authority) if encrypted else None
    reply = RawReply(RESPONSE.content, drip_seconds=0.1, drip_from=BODY_STARTS)
    started = time.monotonic()
    with BrokenServer(reply, tls=tls) as server:
        with pytest.raises(ServiceUnreachableError) as caught:
            detect(server.url, session, seconds=0.8)
        assert caught.value.response.code == "NoAnswer.TimedOut"
        assert caught.value.response.attempts == len(server.requests) == 1
        assert server.completed == 0
    assert time.monotonic() - started < 5.0


def test_sdk_fault_4_headers_that_stop_end_with_the_deadline(session: requests.Session) -> None:
    reply = RawReply(RESPONSE.content, drip_seconds=60.0, drip_from=BODY_STARTS - 4)
    started = time.monotonic()
    with BrokenServer(reply) as server:
        with pytest.raises(ServiceUnreachableError) as caught:
            detect(server.url, session, seconds=0.8)
        assert caught.value.response.code == "NoAnswer.TimedOut"
        assert server.completed == 0
    assert time.monotonic() - started < 5.0


def test_dripping_headers_delay_a_call_beyond_its_deadline_but_not_its_body(
    session: requests.Session,
) -> None:
    headers = RESPONSE.content[: BODY_STARTS - 2] + b"X-More: yes\r\n" * 10 + b"\r\n"
    reply = RawReply(headers + body_of(LIVE), drip_seconds=0.01)
    started = time.monotonic()
    with BrokenServer(reply) as server:
        with pytest.raises(ServiceUnreachableError) as caught:
            detect(server.url, session, seconds=0.5)
        assert caught.value.response.code == "NoAnswer.TimedOut"
        assert server.completed == 0
    assert time.monotonic() - started > len(headers) * 0.01 > 0.5


def test_sdk_fault_4_the_sdks_timeout_does_not_end_a_dripping_body() -> None:
    timeout, drip_seconds = 0.75, 0.01
    assert drip_seconds * len(body_of(LIVE)) > timeout
    dripping = RawReply(RESPONSE.content, drip_seconds=drip_seconds, drip_from=BODY_STARTS)
    with BrokenServer(dripping) as server:
        assert official(server.address, URL, timeout=timeout) == {"Response": LIVE}


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe", b'{"Response": '])
def test_sdk_fault_5_a_success_that_is_not_json_is_no_answer(
    session: requests.Session, body: bytes
) -> None:
    with ApiServer(http_response(body)) as server:
        with pytest.raises(ServiceUnreachableError) as caught:
            detect(server.url, session)
        assert caught.value.response.code == "NoAnswer.NotJson"
        assert caught.value.response.attempts == len(server.requests) == 3

        with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
            official(server.address, URL)


def test_sdk_fault_5_an_error_without_a_request_id_is_still_that_error(
    session: requests.Session,
) -> None:
    with ApiServer(http_response(body_of({"Error": IN_ARREARS}))) as server:
        with pytest.raises(AccountBlockedError) as caught:
            detect(server.url, session)
        assert caught.value.response.code == IN_ARREARS["Code"]
        assert caught.value.response.request_id is None

        with pytest.raises(KeyError, match="RequestId"):
            official(server.address, URL)
