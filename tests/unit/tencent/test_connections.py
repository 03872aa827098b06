"""Connections whose every wait ends with the deadline."""

from __future__ import annotations

import gzip
import socket
import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connectionpool import HTTPConnectionPool

from liveness.errors import ServiceUnreachable
from liveness.tencent import bounded, transport
from liveness.tencent.direct import Direct, trust
from liveness.tencent.transport import bounded_session, exchange
from tests.unit.tencent.fakes import LIVE_3, Clock, body_of
from tests.unit.tencent.network import Network, Socket

LIVE = body_of(LIVE_3)
HERE = "http://127.0.0.1:8080"
HEAD = b"HTTP/1.1 200 OK\r\n"
ANSWER = HEAD + b"Content-Length: %d\r\n\r\n" % len(LIVE) + LIVE


def request_to(url: str) -> requests.PreparedRequest:
    return requests.Request("POST", url, data=b"{}").prepare()


@pytest.fixture(name="clock")
def a_clock() -> Clock:
    return Clock()


def asked(
    monkeypatch: pytest.MonkeyPatch,
    network: Network,
    clock: Clock,
    *,
    seconds: float = 10.0,
    trust_env: bool = False,
) -> bytes:
    monkeypatch.setattr(bounded, "socket", network)
    session = bounded_session()
    session.trust_env = trust_env
    return exchange(session, request_to(HERE), clock.deadline(seconds), 1)


def code_over(
    monkeypatch: pytest.MonkeyPatch,
    network: Network,
    clock: Clock,
    *,
    seconds: float = 10.0,
    trust_env: bool = False,
) -> str:
    with pytest.raises(ServiceUnreachable) as caught:
        asked(monkeypatch, network, clock, seconds=seconds, trust_env=trust_env)
    return caught.value.answer.code


def dripping(content: bytes, seconds: float) -> list[tuple[float, bytes]]:
    return [(seconds, content[n : n + 1]) for n in range(len(content))]


def test_an_answer_comes_over_a_connection_without_delay(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    sock = Socket(clock, [(0.1, ANSWER)])
    assert asked(monkeypatch, Network(sock), clock) == LIVE
    assert sock.sent.startswith(b"POST / HTTP/1.1\r\n")
    assert sock.sent.endswith(b"\r\n\r\n{}")
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in sock.options


def test_a_chunked_answer_is_read(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(LIVE), LIVE)
    answer = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked
    assert asked(monkeypatch, Network(Socket(clock, dripping(answer, 0.01))), clock) == LIVE


def test_an_answer_cut_short_is_no_answer(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    sock = Socket(clock, [(0.1, ANSWER[:-1])])
    assert code_over(monkeypatch, Network(sock), clock) == "NoAnswer.ConnectionFailed"


@pytest.mark.parametrize(
    "pieces",
    [
        dripping(ANSWER, 1.0),
        dripping(ANSWER, 0.5),
        [(0.0, HEAD), *dripping(b"A: b\r\n" * 50, 1.0)],
        [(0.0, ANSWER[: -len(LIVE)]), *dripping(LIVE, 1.0)],
        [(0.0, HEAD + b"Transfer-Encoding: chunked\r\n\r\n"), *dripping(b"1\r\nx\r\n" * 99, 1.0)],
        dripping(b"HTTP/1.1 100 Continue\r\n\r\n" * 9, 1.0),
        [(99.0, ANSWER)],
    ],
    ids=["all", "evenly", "headers", "body", "chunks", "continues", "silence"],
)
def test_sdk_fault_4_a_dripping_answer_ends_with_the_deadline(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, pieces: list[tuple[float, bytes]]
) -> None:
    started = clock.time
    code = code_over(monkeypatch, Network(Socket(clock, pieces)), clock, seconds=2.5)
    assert code == "NoAnswer.TimedOut"
    assert clock.time == started + 2.5


def test_a_server_that_takes_no_more_is_left_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    started = clock.time
    sock = Socket(clock, [(0.0, ANSWER)], sending=1.0)
    monkeypatch.setattr(bounded, "socket", Network(sock))
    session = bounded_session()
    session.trust_env = False
    request = requests.Request("POST", HERE, data=bytes(10 * 16 * 1024)).prepare()
    with pytest.raises(ServiceUnreachable) as caught:
        exchange(session, request, clock.deadline(4.5), 1)
    assert caught.value.answer.code == "NoAnswer.TimedOut"
    assert clock.time == started + 4.5


def test_the_next_address_is_tried_where_one_refuses(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    first, second = Socket(clock, refuses=True), Socket(clock, [(0.0, ANSWER)])
    assert asked(monkeypatch, Network(first, second), clock) == LIVE
    assert first.closed
    assert second.address == ("192.0.2.2", 8080)


def test_the_next_address_is_tried_where_one_is_silent(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    started = clock.time
    network = Network(Socket(clock, connecting=99.0), Socket(clock, [(0.0, ANSWER)]))
    assert asked(monkeypatch, network, clock) == LIVE
    assert clock.time == started + 1.5


def test_all_addresses_together_have_three_seconds(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    started = clock.time
    network = Network(*(Socket(clock, connecting=99.0) for _ in range(4)))
    code = code_over(monkeypatch, network, clock)
    assert code == "NoAnswer.TimedOut"
    assert clock.time == started + 3.0
    assert [sock.closed for sock in network.opened] == [True] * 4


def test_connecting_ends_with_a_nearer_deadline(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    started = clock.time
    code = code_over(monkeypatch, Network(Socket(clock, connecting=9.0)), clock, seconds=0.5)
    assert code == "NoAnswer.TimedOut"
    assert clock.time == started + 0.5


@pytest.mark.parametrize(
    "unknown", [socket.gaierror(), UnicodeError(), None], ids=["unknown", "unnameable", "none"]
)
def test_a_name_without_an_address_is_a_failed_connection(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, unknown: Exception | None
) -> None:
    code = code_over(monkeypatch, Network(unknown=unknown), clock)
    assert code == "NoAnswer.ConnectionFailed"


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(lambda head, rest: HEAD + head + rest, st.binary(max_size=99), st.binary()),
        st.builds(lambda rest: ANSWER[:17] + rest, st.binary(max_size=99)),
    )
)
def test_whatever_comes_over_the_wire_is_bytes_or_no_answer(content: bytes) -> None:
    clock = Clock()
    with pytest.MonkeyPatch.context() as monkeypatch:
        try:
            received = asked(monkeypatch, Network(Socket(clock, [(0.0, content)])), clock)
        except ServiceUnreachable as fault:
            assert fault.answer.code.startswith("NoAnswer.")  # noqa: PT017 - either may come
            return
    assert received in content


@pytest.mark.parametrize(
    ("failing", "seconds"),
    [({}, 0.1), ({"refuses": True}, 0.0), ({"connecting": 99.0}, 3.0)],
    ids=["there", "refusing", "silent"],
)
def test_a_proxy_is_connected_to_in_the_same_time(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, failing: dict[str, Any], seconds: float
) -> None:
    started = clock.time
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.internal:3128")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    network = Network(Socket(clock, [(0.1, ANSWER)], **failing))
    if failing:
        code = code_over(monkeypatch, network, clock, trust_env=True)
        assert code == "NoAnswer.ConnectionFailed"
    else:
        assert asked(monkeypatch, network, clock, trust_env=True) == LIVE
        assert network.opened[0].sent.startswith(b"POST http://127.0.0.1:8080/ HTTP/1.1\r\n")
    (sock,) = network.opened
    assert sock.address == ("192.0.2.1", 3128)
    assert clock.time == pytest.approx(started + seconds)


class Trusted:
    """An SSL context's stead: remembers the names that it was to verify."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.handshakes: list[float | None] = []

    def wrap_socket(self, sock: Socket, server_hostname: str) -> Socket:
        self.names.append(server_hostname)
        self.handshakes.append(sock.timeout)
        return sock


def test_tls_verifies_the_name_within_the_time_of_connecting(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    trusted: Any = Trusted()
    bundles: list[str] = []
    closing = ANSWER.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    network = Network(Socket(clock, [(0.1, closing)]), Socket(clock, [(0.1, closing)]))
    monkeypatch.setattr(bounded, "socket", network)

    def trust(bundle: str) -> Any:
        bundles.append(bundle)
        return trusted

    with bounded_session(Direct(trust)) as session:
        for _ in range(2):
            request = request_to("https://iai.tencentcloudapi.com")
            assert exchange(session, request, clock.deadline(), 1) == LIVE

    assert bundles == [DEFAULT_CA_BUNDLE_PATH]
    assert trusted.names == ["iai.tencentcloudapi.com"] * 2
    assert trusted.handshakes == [3.0] * 2
    assert [sock.address for sock in network.opened] == [("192.0.2.1", 443)] * 2
    assert all(sock.closed for sock in network.opened)


def test_a_bundle_may_be_a_file_or_a_folder(tmp_path: Path) -> None:
    from_file, from_folder = trust(DEFAULT_CA_BUNDLE_PATH), trust(str(tmp_path))
    assert len(from_file.get_ca_certs()) > len(from_folder.get_ca_certs()) == 0
    for context in (from_file, from_folder):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_bundle_that_is_not_there_is_no_way_around_it(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    request = request_to("https://iai.tencentcloudapi.com")
    with bounded_session() as session, pytest.raises(ServiceUnreachable) as caught:
        exchange(session, request, clock.deadline(), 1)
    assert caught.value.answer.code == "NoAnswer.ConnectionFailed"


def test_the_environment_is_read_once_for_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    session = bounded_session()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "first.pem")
    before = session.merge_environment_settings(HERE, {}, True, None, None)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "second.pem")
    after = session.merge_environment_settings(HERE, {}, True, None, None)
    assert before["verify"] == after["verify"] == "first.pem"


@pytest.mark.parametrize("content", [LIVE, b""], ids=["an answer", "nothing"])
def test_an_answer_that_was_compressed_unasked_is_read(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, content: bytes
) -> None:
    packed = gzip.compress(content)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    assert asked(monkeypatch, Network(Socket(clock, [(0.1, head + packed)])), clock) == content


def test_what_is_packed_small_is_unpacked_only_so_far(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    packed = gzip.compress(bytes(100 * transport.MOST_BYTES))
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    network = Network(Socket(clock, [(0.1, head + packed)]))
    assert code_over(monkeypatch, network, clock) == "NoAnswer.TooLarge"


@pytest.mark.parametrize("proxy", ["", "http://proxy.internal:3128"])
@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "https://iai.tencentcloudapi.com"])
def test_urllib3s_connections_are_bounded_directly_and_through_proxies(
    url: str, proxy: str
) -> None:
    pool = transport.BoundedAdapter().get_connection_with_tls_context(
        request_to(url), verify=True, proxies={"http": proxy, "https": proxy} if proxy else None
    )
    assert isinstance(pool, HTTPConnectionPool)
    assert issubclass(pool.ConnectionCls, bounded.ProxiedConnection)
    assert pool.scheme == url.partition(":")[0]


def test_a_socks_proxy_keeps_its_own_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = SimpleNamespace(pool_classes_by_scheme={"https": "its own"})
    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", lambda *_, **__: theirs)
    manager = transport.BoundedAdapter().proxy_manager_for("socks5://proxy.internal")
    assert manager.pool_classes_by_scheme == {"https": "its own"}
