"""One cloud for all scenarios, proxies before its services, and the report at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from local.certificates import Certificates
from local.cloud import STATE, LocalCloud, local_cloud
from local.subscriber import Subscriber
from tests.faults.function import DeployedFunction
from tests.faults.harm import Rules
from tests.faults.proxy import Proxy, Tls, running
from tests.faults.stage import Stage
from tests.faults.subscriber import listening
from tests.faults.tally import Report
from tests.faults.worker import killer
from tests.traced import xray_daemon

REPORT = STATE / "faults.md"
_report = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_report] = Report()


@pytest.fixture(scope="session")
def uploads() -> int:
    """How many uploads the bad day has (`make faults UPLOADS=…`)."""
    return int(os.environ.get("UPLOADS", "1000"))


@pytest.fixture(scope="session")
def cloud_name() -> str:
    return os.environ.get("LIVENESS_TEST_CLOUD", "faults")


@pytest.fixture(scope="session")
def cloud(cloud_name: str) -> Iterator[LocalCloud]:
    with local_cloud(cloud_name) as running_cloud:
        # The scenarios pace themselves; only the faults that they ask for are to be seen.
        running_cloud.detectliveface.control.set_rate(None)
        yield running_cloud


@pytest.fixture(scope="session")
def stage(cloud: LocalCloud, cloud_name: str, pytestconfig: pytest.Config) -> Iterator[Stage]:
    rules = Rules()
    kill = killer(STATE / "clouds" / cloud_name)
    authority = cloud.engine.ca_bundle
    tls = Tls.of(
        Certificates(authority, authority.with_name("chain.pem"), authority.with_name("key.pem"))
    )
    before = (
        Proxy(port_of(cloud.engine.url), tls, rules, kill),
        Proxy(port_of(cloud.detectliveface.url), None, rules, kill),
    )
    subscriber = Subscriber(cloud.engine, cloud.announcements_queue_url)
    with (
        running(*before) as (aws, tencent),
        listening(subscriber) as ear,
        xray_daemon() as daemon,
    ):
        harmed = {"AWS_ENDPOINT_URL": aws, "TENCENT_ENDPOINT": tencent}
        function = DeployedFunction(cloud)
        yield Stage(cloud, function, rules, harmed, ear, pytestconfig.stash[_report], daemon)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    report = terminalreporter.config.stash[_report]
    if report.tallies:
        report.write(REPORT)
        terminalreporter.section("what came of the uploads", sep="-")
        terminalreporter.write(report.text())
        terminalreporter.write_line(f"Also in {REPORT}")
