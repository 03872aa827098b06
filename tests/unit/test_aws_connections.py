"""Connections to AWS: kept while they are good, and failing as botocore's own do."""

from __future__ import annotations

import io
import os
import socket
import ssl
from http.client import HTTPSConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import certifi
import pytest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from liveness.aws.clients import new_session
from liveness.aws.connections import KeptConnections

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-amzn-requestid: 1\r\n\r\n{}"


class Socket:
    """A socket that has its answers already, or fails."""

    def __init__(self, answers: list[bytes | Exception]) -> None:
        self.answers = answers
        self.sent = b""
        self.timeout: float | None = None
        self.closed = False
        # What poll sees; writing to it is the other side's farewell.
        self.readable, self.other_side = os.pipe()

    def settimeout(self, seconds: float | None) -> None:
        self.timeout = seconds

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def makefile(self, _mode: str) -> io.BytesIO:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return io.BytesIO(answer)

    def fileno(self) -> int:
        return self.readable

    def close(self) -> None:
        self.closed = True


class Opened:
    """Makes connections over such sockets, and remembers them."""

    def __init__(self, *answers: bytes | Exception, refused_by: Exception | None = None) -> None:
        self.answers = list(answers)
        self.refused_by = refused_by
        self.sockets: list[Socket] = []
        self.timeouts: list[float] = []

    def __call__(self, host: str, *, timeout: float, context: ssl.SSLContext) -> HTTPSConnection:
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        connection: Any = HTTPSConnection(host, timeout=timeout, context=context)
        self.timeouts.append(timeout)
        connection.connect = lambda: self._connect(connection)
        return connection  # type: ignore[no-any-return]  # it is one, but for its way to connect

    def _connect(self, connection: Any) -> None:
        if self.refused_by:
            raise self.refused_by
        connection.sock = Socket(self.answers)
        self.sockets.append(connection.sock)


def kept(opened: Opened) -> KeptConnections:
    return KeptConnections(certifi.where(), 1.0, 2.0, connection=opened)


def asked(host: str = "sns.us-east-1.amazonaws.com", **changed: Any) -> Any:
    return SimpleNamespace(
        method="POST",
        url=f"https://{host}/a%20b?c=d",
        body=b"{}",
        headers={"Content-Type": b"application/json", "Content-Length": "2"},
        **changed,
    )


def test_a_request_is_sent_as_it_was_signed() -> None:
    opened = Opened(ANSWER)

    answer = kept(opened).send(asked())

    head, _, body = opened.sockets[0].sent.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[:2] == [
        b"POST /a%20b?c=d HTTP/1.1",
        b"Host: sns.us-east-1.amazonaws.com",
    ]
    assert b"Content-Type: application/json" in head
    assert body == b"{}"
    assert answer is not None
    assert (answer.status_code, answer.content) == (200, b"{}")
    assert answer.headers["X-Amzn-RequestId"] == "1"


def test_connecting_and_reading_are_bounded_each_by_its_own_time_out() -> None:
    opened = Opened(ANSWER)
    kept(opened).send(asked())

    assert (opened.timeouts, opened.sockets[0].timeout) == ([1.0], 2.0)


def test_a_connection_is_used_again_for_the_same_host_alone() -> None:
    opened = Opened(*[ANSWER] * 3)
    connections = kept(opened)
    for host in ("sns.example.com", "sns.example.com", "s3.example.com"):
        connections.send(asked(host))

    assert len(opened.sockets) == 2


def test_a_connection_that_the_other_side_has_closed_is_not_used_again() -> None:
    opened = Opened(*[ANSWER] * 2)
    connections = kept(opened)
    connections.send(asked())
    os.close(opened.sockets[0].other_side)
    connections.send(asked())

    assert [sock.closed for sock in opened.sockets] == [True, False]


def test_a_connection_is_not_kept_where_the_answer_says_so() -> None:
    opened = Opened(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), ANSWER)
    connections = kept(opened)
    connections.send(asked())
    connections.send(asked())

    assert len(opened.sockets) == 2


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (TimeoutError("timed out"), ConnectTimeoutError),
        (ConnectionRefusedError("refused"), EndpointConnectionError),
        (socket.gaierror("no such host"), EndpointConnectionError),
        (ssl.SSLCertVerificationError("unknown authority"), SSLError),
    ],
)
def test_a_connection_that_fails_to_open_fails_as_botocores_own(
    failure: Exception, raised: type[BotoCoreError]
) -> None:
    with pytest.raises(raised):
        kept(Opened(refused_by=failure)).send(asked())


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (TimeoutError("timed out"), ReadTimeoutError),
        (ConnectionResetError("reset"), ConnectionClosedError),
        (ssl.SSLError("bad record"), SSLError),
        (b"", ConnectionClosedError),
        (b"SSH-2.0\r\n", ConnectionClosedError),
        (ANSWER[:-1], ConnectionClosedError),
    ],
)
def test_a_request_that_fails_fails_as_botocores_own_and_its_connection_goes(
    answer: bytes | Exception, raised: type[BotoCoreError]
) -> None:
    opened = Opened(answer, ANSWER)
    connections = kept(opened)

    with pytest.raises(raised):
        connections.send(asked())
    connections.send(asked())

    assert [sock.closed for sock in opened.sockets] == [True, False]


def test_a_bundle_that_cannot_be_read_is_a_failure_to_connect() -> None:
    connections = KeptConnections("no/such/bundle.pem", 1.0, 2.0, connection=Opened(ANSWER))

    with pytest.raises(EndpointConnectionError):
        connections.send(asked())


def test_what_is_not_for_https_is_left_to_botocore() -> None:
    request = asked()
    request.url = "http://127.0.0.1:4566/"

    assert kept(Opened()).send(request) is None


def handlers(session: Any) -> list[Any]:
    emitter = session.get_component("event_emitter")
    found: list[Any] = emitter._emitter._handlers.prefix_search("before-send")
    return [handler.__self__ for handler in found if hasattr(handler, "__self__")]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("https_proxy", "HTTPS_PROXY", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def bundle_of(environment: pytest.MonkeyPatch, **told: str) -> list[str]:
    for name, value in told.items():
        environment.setenv(name, value)
    found = handlers(new_session(Config(connect_timeout=1, read_timeout=2), Path("none")))
    return [it._ca_bundle for it in found if isinstance(it, KeptConnections)]


def test_the_bundle_is_the_one_that_botocore_would_read(environment: pytest.MonkeyPatch) -> None:
    assert bundle_of(environment) == [certifi.where()]
    assert bundle_of(environment, REQUESTS_CA_BUNDLE="b.pem") == ["b.pem"]
    assert bundle_of(environment, AWS_CA_BUNDLE="a.pem") == ["a.pem"]


def test_behind_a_proxy_botocore_makes_the_connections(environment: pytest.MonkeyPatch) -> None:
    assert bundle_of(environment, HTTPS_PROXY="http://proxy.example.com:3128") == []
