"""Connections are kept alive, and TLS is verified."""

from __future__ import annotations

import socket

import pytest
import requests
import trustme

from liveness.errors import ServiceUnreachableError
from tests.local_cloud.client.api_server import LIVE, ApiServer, body_of, http_response
from tests.local_cloud.client.broken_server import BrokenServer, RawReply
from tests.local_cloud.client.certificates import server_context
from tests.local_cloud.client.scenario import detect

WELL_FORMED = RawReply.http(body_of(LIVE))
BUSY = {"Error": {"Code": "InternalError", "Message": "a message"}, "RequestId": "r-busy"}


def code_at(url: str, session: requests.Session, *, seconds: float = 10.0) -> str:
    with pytest.raises(ServiceUnreachableError) as caught:
        detect(url, session, seconds=seconds)
    return caught.value.response.code


def test_calls_share_one_connection(session: requests.Session) -> None:
    with ApiServer() as server:
        for _ in range(20):
            assert detect(server.url, session).is_liveness
    assert [request.connection for request in server.requests] == [1] * 20


def test_an_error_leaves_the_connection_to_the_next_attempt(session: requests.Session) -> None:
    busy, live = http_response(body_of(BUSY)), http_response(body_of(LIVE))
    with ApiServer(busy, live) as server:
        assert detect(server.url, session).is_liveness
    assert [request.connection for request in server.requests] == [1, 1]


@pytest.mark.parametrize(
    "broken",
    [
        RawReply(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{", closes=True),
        RawReply.http(b" " * 100_000),
        RawReply(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\nno answer"),
        RawReply(b"not HTTP at all\r\n\r\n", closes=True),
    ],
    ids=["cut short", "too large", "status 502", "not HTTP"],
)
def test_a_connection_with_an_unread_response_is_not_used_again(
    session: requests.Session, broken: RawReply
) -> None:
    with BrokenServer(broken, WELL_FORMED) as server:
        assert detect(server.url, session).is_liveness
    assert server.requests == [("POST", 1), ("POST", 2)]


def test_an_idle_connection_that_the_server_closed_is_replaced(session: requests.Session) -> None:
    closing = RawReply(WELL_FORMED.content, closes=True)
    with BrokenServer(closing, WELL_FORMED) as server:
        assert detect(server.url, session).is_liveness
        assert detect(server.url, session).is_liveness
    assert server.requests == [("POST", 1), ("POST", 2)]


def test_a_server_with_a_trusted_certificate_gets_requests(
    session: requests.Session, trusted_authority: trustme.CA
) -> None:
    with ApiServer(tls=server_context(trusted_authority)) as server:
        assert detect(server.url, session).is_liveness
        assert detect(server.url, session).is_liveness
        session.close()
    assert [request.connection for request in server.requests] == [1, 1]


@pytest.mark.parametrize("verify", [True, False])
def test_a_server_with_an_untrusted_certificate_gets_no_request(
    session: requests.Session, authority: trustme.CA, verify: bool
) -> None:
    session.verify = verify
    with ApiServer(tls=server_context(authority)) as server:
        assert code_at(server.url, session) == "NoAnswer.TlsFailed"
    assert server.requests == []


@pytest.mark.parametrize(
    ("address", "expired"),
    [("127.0.0.2", False), ("127.0.0.1", True)],
    ids=["another's", "expired"],
)
def test_a_wrong_certificate_of_a_trusted_authority_gets_no_request(
    session: requests.Session, trusted_authority: trustme.CA, address: str, expired: bool
) -> None:
    tls = server_context(trusted_authority, address, expired=expired)
    with ApiServer(tls=tls) as server:
        assert code_at(server.url, session) == "NoAnswer.TlsFailed"
    assert server.requests == []


def test_a_server_without_tls_gets_no_request(
    session: requests.Session, trusted_authority: trustme.CA
) -> None:
    with ApiServer() as server:
        assert code_at(f"https://{server.address}", session) == "NoAnswer.TlsFailed"
    assert server.requests == []


def test_a_server_that_does_not_answer_the_handshake_is_abandoned_at_the_deadline(
    session: requests.Session, trusted_authority: trustme.CA
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert code_at(f"https://127.0.0.1:{port}", session, seconds=0.5) == "NoAnswer.TimedOut"


def test_a_port_without_a_server_is_a_failed_connection(session: requests.Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert code_at(f"http://127.0.0.1:{port}", session) == "NoAnswer.ConnectionFailed"
