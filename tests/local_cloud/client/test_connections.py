"""Connections that are kept, and TLS that is verified."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import requests

from liveness.errors import ServiceUnreachable
from tests.local_cloud.client.certificates import Authority
from tests.local_cloud.client.gateway import LIVE, Gateway, Raw, body_of
from tests.local_cloud.client.story import ours

VERDICT = Raw.answer(body_of(LIVE))
BUSY = {"Error": {"Code": "InternalError", "Message": "told so"}, "RequestId": "r-busy"}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))
    return authority


def code_at(url: str, session: requests.Session, *, seconds: float = 10.0) -> str:
    with pytest.raises(ServiceUnreachable) as caught:
        ours(url, session, seconds=seconds)
    return caught.value.answer.code


def test_calls_share_one_connection(session: requests.Session) -> None:
    with Gateway() as gateway:
        for _ in range(20):
            assert ours(gateway.url, session).is_liveness
    assert [request.connection for request in gateway.requests] == [1] * 20


def test_an_error_leaves_the_connection_to_the_next_attempt(session: requests.Session) -> None:
    with Gateway(Raw.answer(body_of(BUSY)), VERDICT) as gateway:
        assert ours(gateway.url, session).is_liveness
    assert [request.connection for request in gateway.requests] == [1, 1]


@pytest.mark.parametrize(
    "broken",
    [
        Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{", closes=True),
        Raw.answer(b" " * 100_000),
        Raw(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\nno answer"),
        Raw(b"not HTTP at all\r\n\r\n", closes=True),
    ],
    ids=["cut short", "too large", "status 502", "not HTTP"],
)
def test_a_connection_left_within_an_answer_is_not_used_again(
    session: requests.Session, broken: Raw
) -> None:
    with Gateway(broken, VERDICT) as gateway:
        assert ours(gateway.url, session).is_liveness
    assert [request.connection for request in gateway.requests] == [1, 2]


def test_a_kept_connection_that_the_server_closed_is_replaced(session: requests.Session) -> None:
    closing = Raw(VERDICT.content, closes=True)
    with Gateway(closing, VERDICT) as gateway:
        assert ours(gateway.url, session).is_liveness
        assert ours(gateway.url, session).is_liveness
    assert [request.connection for request in gateway.requests] == [1, 2]


def test_a_server_whose_certificate_is_trusted_is_asked(
    session: requests.Session, trusted: Authority
) -> None:
    with Gateway(tls=trusted.server_tls()) as gateway:
        assert ours(gateway.url, session).is_liveness
        assert ours(gateway.url, session).is_liveness
    assert [request.connection for request in gateway.requests] == [1, 1]


@pytest.mark.parametrize("told_to_verify", [True, False])
def test_a_server_whose_certificate_nobody_trusts_gets_no_request(
    session: requests.Session, authority: Authority, told_to_verify: bool
) -> None:
    session.verify = told_to_verify
    with Gateway(tls=authority.server_tls()) as gateway:
        assert code_at(gateway.url, session) == "NoAnswer.TlsFailed"
    assert gateway.requests == []


@pytest.mark.parametrize(
    ("address", "expired"),
    [("127.0.0.2", False), ("127.0.0.1", True)],
    ids=["another's", "expired"],
)
def test_a_trusted_authority_is_no_leave_for_a_wrong_certificate(
    session: requests.Session, trusted: Authority, address: str, expired: bool
) -> None:
    with Gateway(tls=trusted.server_tls(address, expired=expired)) as gateway:
        assert code_at(gateway.url, session) == "NoAnswer.TlsFailed"
    assert gateway.requests == []


def test_a_server_that_speaks_no_tls_gets_no_request(
    session: requests.Session, trusted: Authority
) -> None:
    with Gateway() as gateway:
        assert code_at(f"https://{gateway.address}", session) == "NoAnswer.TlsFailed"
    assert gateway.requests == []


def test_a_server_that_never_answers_the_handshake_is_left_at_the_deadline(
    session: requests.Session, trusted: Authority
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert code_at(f"https://127.0.0.1:{port}", session, seconds=0.5) == "NoAnswer.TimedOut"


def test_where_nobody_listens_the_connection_failed(session: requests.Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert code_at(f"http://127.0.0.1:{port}", session) == "NoAnswer.ConnectionFailed"
