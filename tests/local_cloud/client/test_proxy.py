"""Proxies of the environment, as requests uses them."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator

import pytest
import requests
import trustme

from liveness.errors import ServiceUnreachableError
from tests.local_cloud.client.api_server import ApiServer
from tests.local_cloud.client.broken_server import BrokenServer, RawReply
from tests.local_cloud.client.certificates import server_context
from tests.local_cloud.client.proxy import PASSWORD, USER, Proxy
from tests.local_cloud.client.scenario import URL, detect


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as proxy:
        yield proxy


@pytest.fixture
def encrypted(trusted_authority: trustme.CA, session: requests.Session) -> Iterator[ApiServer]:
    with ApiServer(tls=server_context(trusted_authority)) as server:
        yield server
        session.close()


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_http_goes_through_the_proxy(
    session: requests.Session, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, proxy.url)
    with ApiServer() as server:
        assert detect(server.url, session).is_liveness
    assert proxy.requests == [f"POST {server.url}/"]
    (request,) = server.requests
    assert request.headers["host"] == server.address


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_https_goes_through_a_tunnel_of_the_proxy(
    session: requests.Session,
    proxy: Proxy,
    encrypted: ApiServer,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv(name, proxy.url)
    assert detect(encrypted.url, session).is_liveness
    assert detect(encrypted.url, session).is_liveness
    assert proxy.requests == [f"CONNECT {encrypted.address}"]
    assert [request.connection for request in encrypted.requests] == [1, 1]
    assert all("proxy-authorization" not in request.headers for request in encrypted.requests)


def test_no_proxy_bypasses_the_proxy(
    session: requests.Session, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ApiServer() as server:
        assert detect(server.url, session).is_liveness
    assert proxy.requests == []


@pytest.mark.parametrize("wrong", ["another-password", ""])
def test_a_proxy_that_refuses_is_no_answer_and_its_password_is_not_quoted(
    session: requests.Session,
    proxy: Proxy,
    encrypted: ApiServer,
    monkeypatch: pytest.MonkeyPatch,
    wrong: str,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}:{wrong}@{proxy.address}")
    with pytest.raises(ServiceUnreachableError) as caught:
        detect(encrypted.url, session)
    assert caught.value.response.code == "NoAnswer.ConnectionFailed"
    assert encrypted.requests == []
    text = "".join(traceback.format_exception(caught.value))
    assert "407" in text
    assert "another-password" not in text


def test_a_proxy_that_refuses_http_is_no_answer(
    session: requests.Session, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
    with ApiServer() as server, pytest.raises(ServiceUnreachableError) as caught:
        detect(server.url, session)
    assert caught.value.response.code == "NoAnswer.HttpStatus407"
    assert server.requests == []


def test_a_silent_proxy_is_abandoned_at_the_deadline(
    session: requests.Session, encrypted: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = RawReply(b"HTTP/1.1 200 Connection established\r\n\r\n", drip_seconds=60.0)
    started = time.monotonic()
    with BrokenServer(never) as silent:
        monkeypatch.setenv("HTTPS_PROXY", silent.url)
        with pytest.raises(ServiceUnreachableError) as caught:
            detect(encrypted.url, session, seconds=0.8)
        assert caught.value.response.code == "NoAnswer.TimedOut"
        assert silent.requests == [("CONNECT", 1)]
        assert silent.completed == 0
    assert time.monotonic() - started < 5.0
    assert encrypted.requests == []


def test_neither_password_nor_query_is_quoted_where_the_proxy_is_gone(
    session: requests.Session, encrypted: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy() as gone:
        pass
    monkeypatch.setenv("HTTPS_PROXY", gone.url)
    with pytest.raises(ServiceUnreachableError) as caught:
        detect(encrypted.url, session)
    text = "".join(traceback.format_exception(caught.value))
    assert "NoAnswer.ConnectionFailed" in text
    assert PASSWORD not in text
    assert URL.partition("?")[2] not in text
