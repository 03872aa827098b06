"""Proxies of the environment, honoured as requests does."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from liveness.errors import ServiceUnreachable
from tests.local_cloud.client.certificates import Authority
from tests.local_cloud.client.gateway import Gateway, Raw
from tests.local_cloud.client.proxy import PASSWORD, USER, Proxy
from tests.local_cloud.client.story import URL, ours


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as proxy:
        yield proxy


@pytest.fixture
def encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    authority = Authority(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))
    with Gateway(tls=authority.server_tls()) as gateway:
        yield gateway


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_http_goes_through_the_proxy(
    session: requests.Session, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, proxy.url)
    with Gateway() as gateway:
        assert ours(gateway.url, session).is_liveness
    assert proxy.asked == [f"POST {gateway.url}/"]
    (request,) = gateway.requests
    assert request.headers["host"] == gateway.address


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_https_goes_through_a_tunnel_of_the_proxy(
    session: requests.Session,
    proxy: Proxy,
    encrypted: Gateway,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv(name, proxy.url)
    assert ours(encrypted.url, session).is_liveness
    assert ours(encrypted.url, session).is_liveness
    assert proxy.asked == [f"CONNECT {encrypted.address}"]
    assert [request.connection for request in encrypted.requests] == [1, 1]
    assert all("proxy-authorization" not in request.headers for request in encrypted.requests)


def test_no_proxy_leads_past_the_proxy(
    session: requests.Session, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Gateway() as gateway:
        assert ours(gateway.url, session).is_liveness
    assert proxy.asked == []


@pytest.mark.parametrize("wrong", ["another-password", ""])
def test_a_proxy_that_refuses_is_no_answer_and_its_password_is_not_told(
    session: requests.Session,
    proxy: Proxy,
    encrypted: Gateway,
    monkeypatch: pytest.MonkeyPatch,
    wrong: str,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{USER}:{wrong}@{proxy.address}")
    with pytest.raises(ServiceUnreachable) as caught:
        ours(encrypted.url, session)
    assert caught.value.answer.code == "NoAnswer.ConnectionFailed"
    assert encrypted.requests == []
    told = "".join(traceback.format_exception(caught.value))
    assert "407" in told
    assert "another-password" not in told


def test_a_proxy_that_refuses_http_is_no_answer(
    session: requests.Session, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
    with Gateway() as gateway, pytest.raises(ServiceUnreachable) as caught:
        ours(gateway.url, session)
    assert caught.value.answer.code == "NoAnswer.HttpStatus407"
    assert gateway.requests == []


def test_a_proxy_that_drips_is_left_at_the_deadline(
    session: requests.Session, encrypted: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Raw(b"HTTP/1.1 200 Connection established\r\n" + b"X-More: yes\r\n" * 99, every=0.02)
    with Gateway(endless) as dripping:
        monkeypatch.setenv("HTTPS_PROXY", dripping.url)
        with pytest.raises(ServiceUnreachable) as caught:
            ours(encrypted.url, session, seconds=0.8)
        assert caught.value.answer.code == "NoAnswer.TimedOut"
        assert [request.method for request in dripping.requests] == ["CONNECT"]
        assert dripping.completed == 0
    assert encrypted.requests == []


def test_neither_password_nor_query_is_told_where_the_proxy_is_away(
    session: requests.Session, encrypted: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy() as gone:
        pass
    monkeypatch.setenv("HTTPS_PROXY", gone.url)
    with pytest.raises(ServiceUnreachable) as caught:
        ours(encrypted.url, session)
    told = "".join(traceback.format_exception(caught.value))
    assert "NoAnswer.ConnectionFailed" in told
    assert PASSWORD not in told
    assert URL.partition("?")[2] not in told
