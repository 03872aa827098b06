"""One exchange over HTTP: bounded in time and space, and never followed anywhere."""

from __future__ import annotations

import io

import pytest
import requests
import urllib3

from liveness.errors import ServiceUnreachable
from liveness.tencent.transport import MOST_BYTES, exchange
from tests.unit.tencent.fakes import LIVE_3, Call, Reply, body_of

LIVE = body_of(LIVE_3)
HERE = "http://127.0.0.1:8080"


def request_to(url: str) -> requests.PreparedRequest:
    return requests.Request("POST", url, data=b"{}").prepare()


def code_of(*replies: Reply | Exception) -> str:
    call = Call(*replies)
    request = request_to("https://iai.tencentcloudapi.com")
    with pytest.raises(ServiceUnreachable) as caught:
        exchange(call.session, request, call.clock.deadline(), 1)
    assert len(call.sent) == 1
    return caught.value.answer.code


@pytest.mark.parametrize("status", [100, 204, 301, 302, 307, 308, 403, 404, 500, 502, 504])
def test_no_status_but_200_is_an_answer(status: int) -> None:
    assert code_of(Reply(LIVE, status)) == f"NoAnswer.HttpStatus{status}"


@pytest.mark.parametrize("location", ["https://example.com/", "http://\xff\xfe", "//", "\n"])
def test_no_redirect_is_followed_nor_read(location: str) -> None:
    headers = {"Location": location}
    assert code_of(Reply(b"", 302, headers)) == "NoAnswer.HttpStatus302"


class Endless(io.RawIOBase):
    """A body without an end, and how much of it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        assert size >= 0
        self.taken += size
        return b"x" * size


def test_no_more_is_read_than_an_answer_can_have() -> None:
    body = Endless()
    assert code_of(Reply(b"", raw=body)) == "NoAnswer.TooLarge"
    assert body.taken == MOST_BYTES + 1
    assert body.closed


def test_an_answer_of_the_largest_size_is_read() -> None:
    call = Call(Reply(b"x" * MOST_BYTES))
    request = request_to("https://iai.tencentcloudapi.com")
    content = exchange(call.session, request, call.clock.deadline(), 1)
    assert len(content) == MOST_BYTES


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (requests.ConnectTimeout(), "TimedOut"),
        (requests.ReadTimeout(), "TimedOut"),
        (requests.ConnectionError(), "ConnectionFailed"),
        (requests.exceptions.ChunkedEncodingError(), "ConnectionFailed"),
        (requests.exceptions.ProxyError(), "ConnectionFailed"),
        (requests.exceptions.SSLError(), "TlsFailed"),
        (OSError("no CA bundle"), "ConnectionFailed"),
        (urllib3.exceptions.ProtocolError(), "ConnectionFailed"),
    ],
)
def test_what_breaks_on_the_way_is_told_apart_and_chained(raised: Exception, code: str) -> None:
    call = Call(raised)
    with pytest.raises(ServiceUnreachable) as caught:
        exchange(call.session, request_to(HERE), call.clock.deadline(), 2)
    assert caught.value.answer.code == f"NoAnswer.{code}"
    assert caught.value.answer.attempts == 2
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(
    "raised", [requests.exceptions.InvalidURL("word"), requests.exceptions.InvalidProxyURL("word")]
)
def test_a_proxys_address_with_its_password_is_not_told(raised: Exception) -> None:
    call = Call(raised)
    with pytest.raises(ServiceUnreachable) as caught:
        exchange(call.session, request_to(HERE), call.clock.deadline(), 1)
    assert caught.value.answer.code == "NoAnswer.ProxyInvalid"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_nothing_is_sent_after_the_deadline() -> None:
    call = Call(LIVE)
    with pytest.raises(ServiceUnreachable) as caught:
        exchange(call.session, request_to(HERE), call.clock.deadline(0.0), 1)
    assert caught.value.answer.code == "NoAnswer.TimedOut"
    assert call.sent == []


def test_an_encoding_that_cannot_be_undone_is_no_answer() -> None:
    reply = Reply(b"not gzip", headers={"Content-Encoding": "gzip"})
    assert code_of(reply) == "NoAnswer.ConnectionFailed"


def test_tls_is_verified_whatever_the_session_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    call = Call(LIVE)
    call.session.verify = False
    exchange(call.session, request_to(HERE), call.clock.deadline(), 1)
    assert call.sent[0].options["verify"] is True


def test_proxy_and_ca_bundle_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/own-ca.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.internal:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    call = Call(LIVE)
    request = request_to("https://iai.tencentcloudapi.com")
    exchange(call.session, request, call.clock.deadline(), 1)
    assert call.sent[0].options["verify"] == "/etc/own-ca.pem"
    assert call.sent[0].options["proxies"]["https"] == "http://proxy.internal:3128"
