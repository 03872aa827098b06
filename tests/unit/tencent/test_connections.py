"""What the network can do to a call, on fake sockets beneath the real urllib3."""

from __future__ import annotations

import gzip
import socket
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from liveness.errors import ServiceUnreachableError
from liveness.tencent.http import MAX_BODY_BYTES, send
from tests.unit.tencent.fakes import LIVE_3, Clock, body_of
from tests.unit.tencent.network import FakeNetwork, FakeSocket

LIVE = body_of(LIVE_3)
LOOPBACK = "http://127.0.0.1:8080"
STATUS = b"HTTP/1.1 200 OK\r\n"
HEAD = STATUS + b"Content-Length: %d\r\n\r\n" % len(LIVE)


def request_to(url: str, body: bytes = b"{}") -> requests.PreparedRequest:
    return requests.Request("POST", url, data=body).prepare()


@pytest.fixture(name="clock")
def a_clock() -> Clock:
    return Clock()


class Network:
    """Sends requests over fake sockets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
        self._monkeypatch = monkeypatch
        self._clock = clock

    def body_over(
        self,
        *sockets: FakeSocket,
        seconds: float = 10.0,
        url: str = LOOPBACK,
        body: bytes = b"{}",
        unknown: Exception | None = None,
        trust_env: bool = False,
    ) -> bytes:
        network = FakeNetwork(*sockets, unknown=unknown)
        self._monkeypatch.setattr("urllib3.util.connection.socket", network)
        with requests.Session() as session:
            session.trust_env = trust_env
            return send(session, request_to(url, body), self._clock.deadline(seconds), 1)

    def code_over(self, *sockets: FakeSocket, **options: Any) -> str:
        with pytest.raises(ServiceUnreachableError) as caught:
            self.body_over(*sockets, **options)
        return caught.value.response.code


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Network:
    return Network(monkeypatch, clock)


def dripping(content: bytes, seconds: float) -> list[tuple[float, bytes]]:
    return [(seconds, content[n : n + 1]) for n in range(len(content))]


def test_a_response_comes_over_a_connection_without_delay(network: Network, clock: Clock) -> None:
    sock = FakeSocket(clock, [(0.1, HEAD + LIVE)])
    assert network.body_over(sock) == LIVE
    assert sock.sent.startswith(b"POST / HTTP/1.1\r\n")
    assert sock.sent.endswith(b"\r\n\r\n{}")
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in sock.options


def test_a_chunked_response_is_read(network: Network, clock: Clock) -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(LIVE), LIVE)
    response = STATUS + b"Transfer-Encoding: chunked\r\n\r\n" + chunked
    assert network.body_over(FakeSocket(clock, dripping(response, 0.01))) == LIVE


@pytest.mark.parametrize(
    "head", [HEAD, STATUS + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(LIVE)]
)
def test_a_truncated_response_is_no_answer(network: Network, clock: Clock, head: bytes) -> None:
    sock = FakeSocket(clock, [(0.1, head + LIVE[:-1])])
    assert network.code_over(sock) == "NoAnswer.ConnectionFailed"


@pytest.mark.parametrize(
    "pieces",
    [
        [(0.0, HEAD), *dripping(LIVE, 1.0)],
        [(0.0, STATUS + b"Transfer-Encoding: chunked\r\n\r\n"), *dripping(b"1\r\nx\r\n" * 9, 0.2)],
    ],
    ids=["body", "chunks"],
)
def test_sdk_fault_4_a_dripping_body_ends_with_the_piece_that_passes_the_deadline(
    network: Network, clock: Clock, pieces: list[tuple[float, bytes]]
) -> None:
    started = clock.time
    assert network.code_over(FakeSocket(clock, pieces), seconds=2.5) == "NoAnswer.TimedOut"
    assert started + 2.5 <= clock.time < started + 4.0


@pytest.mark.parametrize("pieces", [[], [(1.5, b"HTTP/1.1 200 ")]], ids=["silent", "begun"])
def test_sdk_fault_4_each_read_of_the_headers_ends_with_the_read_timeout(
    network: Network, clock: Clock, pieces: list[tuple[float, bytes]]
) -> None:
    started = clock.time
    sock = FakeSocket(clock, [*pieces, (99.0, b"OK\r\n\r\n")])
    assert network.code_over(sock, seconds=2.5) == "NoAnswer.TimedOut"
    # urllib3 subtracts what connecting took on the real clock.
    waited = 2.5 + sum(seconds for seconds, _ in pieces)
    assert clock.time == pytest.approx(started + waited, abs=0.5)


@pytest.mark.parametrize(
    "head", [HEAD, b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD], ids=["headers", "continue"]
)
def test_dripping_headers_delay_a_call_beyond_its_deadline_but_not_its_body(
    network: Network, clock: Clock, head: bytes
) -> None:
    started = clock.time
    sock = FakeSocket(clock, [*dripping(head, 1.0), *dripping(LIVE, 1.0)])
    assert network.code_over(sock, seconds=2.5) == "NoAnswer.TimedOut"
    assert clock.time == started + len(head) + 1.0


def test_a_server_that_does_not_receive_is_given_the_connect_timeout(
    network: Network, clock: Clock
) -> None:
    started = clock.time
    sock = FakeSocket(clock, [(0.0, HEAD + LIVE)], sending=99.0)
    assert network.code_over(sock, body=bytes(10**6)) == "NoAnswer.ConnectionFailed"
    assert clock.time == started + 3.0


def test_the_next_address_is_tried_where_one_refuses(network: Network, clock: Clock) -> None:
    gone, there = FakeSocket(clock, refuses=True), FakeSocket(clock, [(0.1, HEAD + LIVE)])
    assert network.body_over(gone, there) == LIVE
    assert gone.closed
    assert (gone.address, there.address) == (("192.0.2.1", 8080), ("192.0.2.2", 8080))


def test_the_next_address_is_tried_where_one_is_silent(network: Network, clock: Clock) -> None:
    started = clock.time
    silent, there = FakeSocket(clock, connecting=99.0), FakeSocket(clock, [(0.0, HEAD + LIVE)])
    assert network.body_over(silent, there) == LIVE
    assert clock.time == started + 3.0


def test_each_address_is_given_the_connect_timeout(network: Network, clock: Clock) -> None:
    started = clock.time
    sockets = [FakeSocket(clock, connecting=99.0) for _ in range(2)]
    assert network.code_over(*sockets) == "NoAnswer.TimedOut"
    assert clock.time == started + 2 * 3.0
    assert all(sock.closed for sock in sockets)


def test_connecting_ends_with_an_earlier_deadline(network: Network, clock: Clock) -> None:
    started = clock.time
    sock = FakeSocket(clock, connecting=9.0)
    assert network.code_over(sock, seconds=0.5) == "NoAnswer.TimedOut"
    assert clock.time == started + 0.5


def test_the_wait_for_headers_is_what_connecting_has_left(network: Network, clock: Clock) -> None:
    sock = FakeSocket(clock, [(99.0, b"")])
    assert network.code_over(sock, seconds=2.0) == "NoAnswer.TimedOut"
    assert sock.timeouts[0] == 2.0
    assert 1.0 < sock.timeouts[-1] <= 2.0


@pytest.mark.parametrize(
    "options",
    [{"unknown": socket.gaierror()}, {"url": "http://" + "a" * 64 + ".example"}, {}],
    ids=["unknown", "invalid", "no address"],
)
def test_a_name_without_an_address_is_a_failed_connection(
    network: Network, options: dict[str, Any]
) -> None:
    assert network.code_over(**options) == "NoAnswer.ConnectionFailed"


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(lambda head, rest: STATUS + head + rest, st.binary(max_size=99), st.binary()),
        st.builds(lambda rest: HEAD[:17] + rest, st.binary(max_size=99)),
        st.builds(
            lambda rest: STATUS + b"Transfer-Encoding: chunked\r\n\r\n" + rest,
            st.binary(max_size=99),
        ),
    )
)
def test_any_bytes_over_the_wire_are_a_body_or_no_answer(content: bytes) -> None:
    clock = Clock()
    with pytest.MonkeyPatch.context() as monkeypatch:
        try:
            body = Network(monkeypatch, clock).body_over(FakeSocket(clock, [(0.0, content)]))
        except ServiceUnreachableError as error:
            assert error.response.code.startswith("NoAnswer.")  # noqa: PT017 - either may come
            return
    assert len(body) <= len(content)


@pytest.mark.parametrize(
    ("failing", "seconds"),
    [({}, 0.1), ({"refuses": True}, 0.0), ({"connecting": 99.0}, 3.0)],
    ids=["there", "refusing", "silent"],
)
def test_a_proxy_is_connected_to_within_the_connect_timeout(
    monkeypatch: pytest.MonkeyPatch,
    network: Network,
    clock: Clock,
    failing: dict[str, Any],
    seconds: float,
) -> None:
    started = clock.time
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.internal:3128")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    sock = FakeSocket(clock, [(0.1, HEAD + LIVE)], **failing)
    if failing:
        assert network.code_over(sock, trust_env=True) == "NoAnswer.ConnectionFailed"
    else:
        assert network.body_over(sock, trust_env=True) == LIVE
        assert sock.sent.startswith(b"POST http://127.0.0.1:8080/ HTTP/1.1\r\n")
    assert sock.address == ("192.0.2.1", 3128)
    assert clock.time == pytest.approx(started + seconds)


def test_a_missing_ca_bundle_does_not_switch_verification_off(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    request = request_to("https://iai.tencentcloudapi.com")
    with requests.Session() as session, pytest.raises(ServiceUnreachableError) as caught:
        send(session, request, clock.deadline(), 1)
    assert caught.value.response.code == "NoAnswer.ConnectionFailed"


@pytest.mark.parametrize("content", [LIVE, b""], ids=["a response", "nothing"])
def test_a_body_that_is_compressed_unasked_is_read(
    network: Network, clock: Clock, content: bytes
) -> None:
    compressed = gzip.compress(content)
    head = STATUS + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(compressed)
    assert network.body_over(FakeSocket(clock, [(0.1, head + compressed)])) == content


def test_a_compressed_body_is_decompressed_up_to_the_limit(network: Network, clock: Clock) -> None:
    compressed = gzip.compress(bytes(100 * MAX_BODY_BYTES))
    head = STATUS + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(compressed)
    sock = FakeSocket(clock, [(0.1, head + compressed)])
    assert network.code_over(sock) == "NoAnswer.TooLarge"
