"""One session for all clients of AWS: its connections, time-outs, errors and user agent."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import certifi
import pytest
import urllib3.util.connection
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from liveness.aws import session as session_module
from liveness.aws.session import CLIENT_CONFIG, SharedConnectionPool, create_session
from tests.unit.fake_network import FakeNetwork, FakeSocket

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-amzn-requestid: 1\r\n\r\n{}"
UNAVAILABLE = OK.replace(b"200 OK", b"503 Service Unavailable")
SERVICES = ("dynamodb", "secretsmanager", "sqs")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("https_proxy", "HTTPS_PROXY", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return monkeypatch


@pytest.fixture
def network(environment: pytest.MonkeyPatch) -> FakeNetwork:
    network = FakeNetwork()
    environment.setattr(session_module, "create_urllib3_context", network.new_context)
    environment.setattr(urllib3.util.connection, "create_connection", network.connect)
    # The wait before a retry.
    environment.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _seconds: None))
    return network


def get_secret(client: Any) -> Any:
    return client.get_secret_value(SecretId="tencent")


def request_head(connected: FakeSocket) -> list[bytes]:
    return connected.sent.partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_the_ca_bundle_is_parsed_once_for_all_connections_of_all_clients(
    network: FakeNetwork,
) -> None:
    network.responses = [OK] * 6
    session = create_session()
    clients: dict[str, Any] = {
        service: session.client(service)  # type: ignore[call-overload]  # one of several
        for service in SERVICES
    }

    for _ in range(2):
        clients["dynamodb"].put_item(TableName="verdicts", Item={})
        clients["secretsmanager"].get_secret_value(SecretId="tencent")
        clients["sqs"].send_message(QueueUrl="https://sqs.example.com/1/q", MessageBody="{}")

    assert [context.ca_bundles for context in network.contexts] == [[certifi.where()]]
    assert len(network.sockets) == 3, "one connection for each host, used again"


def test_a_request_is_sent_as_botocore_signed_it(network: FakeNetwork) -> None:
    network.responses = [OK]

    answer = get_secret(create_session().client("secretsmanager"))

    head = request_head(network.sockets[0])
    assert head[0] == b"POST / HTTP/1.1"
    assert b"host: secretsmanager.us-east-1.amazonaws.com" in head
    assert any(line.startswith(b"Authorization: AWS4-HMAC-SHA256") for line in head)
    assert network.sockets[0].sent.endswith(b'{"SecretId": "tencent"}')
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["ResponseMetadata"]["RequestId"] == "1"


def test_connecting_and_reading_have_their_own_time_outs(network: FakeNetwork) -> None:
    network.responses = [OK]

    get_secret(create_session().client("secretsmanager"))

    assert network.connect_timeouts == [1]
    assert network.sockets[0].timeout == 2
    config: Any = CLIENT_CONFIG
    assert (config.connect_timeout, config.read_timeout) == (1, 2)


def test_a_connection_that_the_server_has_closed_is_not_used_again(network: FakeNetwork) -> None:
    network.responses = [OK] * 2
    client = create_session().client("secretsmanager")
    get_secret(client)
    os.close(network.sockets[0].server_end)

    get_secret(client)

    assert [each.is_closed for each in network.sockets] == [True, False]


def test_a_connection_is_not_kept_where_the_response_says_so(network: FakeNetwork) -> None:
    network.responses = [OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), OK]
    client = create_session().client("secretsmanager")

    get_secret(client)
    get_secret(client)

    assert len(network.sockets) == 2


def test_a_server_error_is_retried_once(network: FakeNetwork) -> None:
    network.responses = [UNAVAILABLE, OK]

    answer = get_secret(create_session().client("secretsmanager"))

    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert network.responses == []


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (TimeoutError("timed out"), ConnectTimeoutError),
        (ConnectionRefusedError("refused"), EndpointConnectionError),
        (socket.gaierror("no such host"), EndpointConnectionError),
    ],
)
def test_a_connection_that_cannot_be_opened_fails_as_botocores_own_after_one_retry(
    network: FakeNetwork, failure: Exception, raised: type[BotoCoreError]
) -> None:
    network.connect_error = failure

    with pytest.raises(raised):
        get_secret(create_session().client("secretsmanager"))

    assert len(network.connect_timeouts) == 2


def test_a_failed_handshake_fails_as_botocores_own_after_one_retry(network: FakeNetwork) -> None:
    client = create_session().client("secretsmanager")
    network.contexts[0].handshake_error = ssl.SSLCertVerificationError("unknown authority")

    with pytest.raises(SSLError):
        get_secret(client)

    assert len(network.sockets) == 2


@pytest.mark.parametrize(
    ("response", "raised"),
    [
        (TimeoutError("timed out"), ReadTimeoutError),
        (ConnectionResetError("reset"), ConnectionClosedError),
        (ssl.SSLError("bad record"), SSLError),
        (b"", ConnectionClosedError),
        (b"SSH-2.0\r\n", ConnectionClosedError),
    ],
)
def test_a_request_that_fails_fails_as_botocores_own_and_its_connection_is_closed(
    network: FakeNetwork, response: bytes | Exception, raised: type[BotoCoreError]
) -> None:
    network.responses = [response, response, OK]
    client = create_session().client("secretsmanager")

    with pytest.raises(raised):
        get_secret(client)
    get_secret(client)

    assert [each.is_closed for each in network.sockets] == [True, True, False]


def test_a_certificate_for_another_host_is_refused(network: FakeNetwork) -> None:
    network.certificate_for = "somebody.example"
    network.responses = [OK] * 2

    with pytest.raises(SSLError):
        get_secret(create_session().client("secretsmanager"))

    assert [each.sent for each in network.sockets] == [b""] * 2


def test_the_context_trusts_the_whole_ca_bundle_and_verifies(
    environment: pytest.MonkeyPatch,
) -> None:
    pool: Any = pool_of(create_session())

    context = pool._manager.connection_pool_kw["ssl_context"]

    assert context.verify_mode is ssl.CERT_REQUIRED
    authorities = Path(certifi.where()).read_text().count("BEGIN CERTIFICATE")
    assert context.cert_store_stats()["x509"] == authorities


def test_a_ca_bundle_that_cannot_be_read_fails_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_CA_BUNDLE", "no/such/bundle.pem")

    with pytest.raises(FileNotFoundError):
        create_session()


def test_plain_http_is_left_to_the_clients_own_connections(environment: pytest.MonkeyPatch) -> None:
    pool = pool_of(create_session())
    assert pool

    assert pool.answer(request=SimpleNamespace(url="http://127.0.0.1:4566/")) is None


def test_every_request_has_the_user_agent_of_the_session(network: FakeNetwork) -> None:
    network.responses = [OK] * 2
    session = create_session()
    client = session.client("secretsmanager")

    for _ in range(2):
        get_secret(client)

    config: Any = client.meta.config
    assert config.user_agent.startswith("Botocore/")
    lines = network.sockets[0].sent.split(b"\r\n")
    agents = [line for line in lines if line.startswith(b"User-Agent: ")]
    assert len(agents) == 2
    assert all(agent.startswith(f"User-Agent: {config.user_agent}".encode()) for agent in agents)


def pool_of(session: Any) -> SharedConnectionPool | None:
    """The pool that is registered for `before-send`, if there is one."""
    emitter = session._session.get_component("event_emitter")
    handlers = emitter._emitter._handlers.prefix_search("before-send")
    owners = [getattr(handler, "__self__", None) for handler in handlers]
    return next((each for each in owners if isinstance(each, SharedConnectionPool)), None)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
def test_behind_a_proxy_botocore_makes_the_connections(
    environment: pytest.MonkeyPatch, variable: str
) -> None:
    assert pool_of(create_session())

    environment.setenv(variable, "http://proxy.example.com:3128")

    assert pool_of(create_session()) is None


def test_the_ca_bundle_is_the_one_that_botocore_would_use(
    network: FakeNetwork, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for_requests, for_aws = tmp_path / "requests.pem", tmp_path / "aws.pem"
    for path in (for_requests, for_aws):
        path.write_text(Path(certifi.where()).read_text())

    create_session()
    environment.setenv("REQUESTS_CA_BUNDLE", str(for_requests))
    create_session()
    environment.setenv("AWS_CA_BUNDLE", str(for_aws))
    create_session()

    assert [context.ca_bundles for context in network.contexts] == [
        [certifi.where()],
        [str(for_requests)],
        [str(for_aws)],
    ]
