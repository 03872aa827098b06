"""One request over HTTP: bounded in time and space, and no redirect is followed."""

from __future__ import annotations

import io
from ssl import SSLError

import pytest
import requests
import urllib3

from liveness.errors import ServiceUnreachableError
from liveness.tencent.http import MAX_BODY_BYTES, send
from tests.unit.tencent.fakes import LIVE_3, Call, Clock, Reply, body_of

LIVE = body_of(LIVE_3)
LOOPBACK = "http://127.0.0.1:8080"


def request_to(url: str) -> requests.PreparedRequest:
    return requests.Request("POST", url, data=b"{}").prepare()


def code_of(*replies: Reply | Exception) -> str:
    call = Call(*replies)
    request = request_to("https://iai.tencentcloudapi.com")
    with pytest.raises(ServiceUnreachableError) as caught:
        send(call.session, request, call.clock.deadline(), 1)
    assert len(call.sent) == 1
    return caught.value.response.code


@pytest.mark.parametrize("status", [100, 204, 301, 302, 307, 308, 403, 404, 500, 502, 504])
def test_a_status_other_than_200_is_no_answer(status: int) -> None:
    assert code_of(Reply(LIVE, status)) == f"NoAnswer.HttpStatus{status}"


@pytest.mark.parametrize("location", ["https://example.com/", "http://\xff\xfe", "//", "\n"])
def test_a_redirect_is_neither_followed_nor_read(location: str) -> None:
    headers = {"Location": location}
    assert code_of(Reply(b"", 302, headers)) == "NoAnswer.HttpStatus302"


class Endless(io.RawIOBase):
    """A body without an end, and how many bytes of it were read, at most 1,000 at once."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1, /) -> bytes:
        assert size >= 0
        self.taken += min(size, 1000)
        return b"x" * min(size, 1000)


def test_a_body_without_end_is_read_up_to_the_limit() -> None:
    body = Endless()
    assert code_of(Reply(b"", raw=body)) == "NoAnswer.TooLarge"
    assert body.taken == MAX_BODY_BYTES + 1
    assert body.closed


def test_a_body_of_the_maximum_size_is_read() -> None:
    call = Call(Reply(b"x" * MAX_BODY_BYTES))
    request = request_to("https://iai.tencentcloudapi.com")
    content = send(call.session, request, call.clock.deadline(), 1)
    assert len(content) == MAX_BODY_BYTES


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (requests.ConnectTimeout(), "TimedOut"),
        (requests.ReadTimeout(), "TimedOut"),
        (requests.ConnectionError(), "ConnectionFailed"),
        (requests.exceptions.ChunkedEncodingError(), "ConnectionFailed"),
        (requests.exceptions.ProxyError(), "ConnectionFailed"),
        (requests.exceptions.SSLError(), "TlsFailed"),
        (SSLError(), "TlsFailed"),
        (OSError("no CA bundle"), "ConnectionFailed"),
        (TimeoutError(), "TimedOut"),
        (urllib3.exceptions.ProtocolError(), "ConnectionFailed"),
        (urllib3.exceptions.SSLError(), "TlsFailed"),
        (urllib3.exceptions.TimeoutError(), "TimedOut"),
    ],
)
def test_network_errors_have_different_codes_and_are_chained(raised: Exception, code: str) -> None:
    call = Call(raised)
    with pytest.raises(ServiceUnreachableError) as caught:
        send(call.session, request_to(LOOPBACK), call.clock.deadline(), 2)
    assert caught.value.response.code == f"NoAnswer.{code}"
    assert caught.value.response.attempts == 2
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(
    "raised", [requests.exceptions.InvalidURL("word"), requests.exceptions.InvalidProxyURL("word")]
)
def test_the_url_of_a_proxy_with_its_password_is_not_quoted(raised: Exception) -> None:
    call = Call(raised)
    with pytest.raises(ServiceUnreachableError) as caught:
        send(call.session, request_to(LOOPBACK), call.clock.deadline(), 1)
    assert caught.value.response.code == "NoAnswer.ProxyInvalid"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_nothing_is_sent_after_the_deadline() -> None:
    call = Call(LIVE)
    with pytest.raises(ServiceUnreachableError) as caught:
        send(call.session, request_to(LOOPBACK), call.clock.deadline(0.0), 1)
    assert caught.value.response.code == "NoAnswer.TimedOut"
    assert call.sent == []


def test_a_body_that_cannot_be_decoded_is_no_answer() -> None:
    reply = Reply(b"not gzip", headers={"Content-Encoding": "gzip"})
    assert code_of(reply) == "NoAnswer.ConnectionFailed"


def test_tls_is_verified_even_if_the_session_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    call = Call(LIVE)
    call.session.verify = False
    send(call.session, request_to(LOOPBACK), call.clock.deadline(), 1)
    assert call.sent[0].options["verify"] is True


def test_proxy_and_ca_bundle_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/own-ca.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.internal:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    call = Call(LIVE)
    request = request_to("https://iai.tencentcloudapi.com")
    send(call.session, request, call.clock.deadline(), 1)
    assert call.sent[0].options["verify"] == "/etc/own-ca.pem"
    assert call.sent[0].options["proxies"]["https"] == "http://proxy.internal:3128"


def test_the_timeout_is_what_remains_of_the_deadline() -> None:
    call = Call(LIVE, LIVE)
    for seconds in (10.0, 1.5):
        send(call.session, request_to(LOOPBACK), call.clock.deadline(seconds), 1)
    timeouts = [sent.options["timeout"] for sent in call.sent]
    assert [(each.connect_timeout, each.total) for each in timeouts] == [(3.0, 10.0), (1.5, 1.5)]


class Dripping(io.RawIOBase):
    """A body whose every byte takes a second."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1, /) -> bytes:
        self.clock.time += 1.0
        return b"x"


def test_the_deadline_is_checked_after_each_piece_of_the_body() -> None:
    call = Call()
    call.adapter.replies = [Reply(b"", raw=Dripping(call.clock))]
    with pytest.raises(ServiceUnreachableError) as caught:
        send(call.session, request_to(LOOPBACK), call.clock.deadline(7.0), 1)
    assert caught.value.response.code == "NoAnswer.TimedOut"
    assert call.clock.time == 1007.0
