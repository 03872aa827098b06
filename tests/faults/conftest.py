"""One cloud for all scenarios, proxies in front of its services, and the report at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from local.certificates import Certificates
from local.cloud import STATE, LocalCloud
from local.subscriber import Subscriber
from tests.clouds import start_cloud
from tests.faults.fault_rules import FaultRules
from tests.faults.function import DeployedFunction
from tests.faults.function_process import process_killer
from tests.faults.harness import Harness
from tests.faults.notification_log import collect_notifications
from tests.faults.proxy import FaultProxy, serve
from tests.faults.report import Report
from tests.xray_daemon import run_xray_daemon

REPORT = STATE / "faults.md"


@pytest.fixture(scope="session")
def upload_count() -> int:
    """How many uploads the scenario with duplicates sends (`make faults UPLOADS=…`)."""
    return int(os.environ.get("UPLOADS", "1000"))


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    # The scenarios limit their own rate; no fault occurs that they do not inject.
    with start_cloud("faults") as cloud:
        yield cloud


@pytest.fixture(scope="session")
def harness(cloud: LocalCloud) -> Iterator[Harness]:
    rules, report = FaultRules(), Report()
    kill = process_killer(cloud.emulator.log.parent)
    ca_bundle = cloud.emulator.ca_bundle
    certificates = Certificates(
        ca_bundle, ca_bundle.with_name("chain.pem"), ca_bundle.with_name("key.pem")
    )
    proxies = (
        FaultProxy(cloud.emulator.url, certificates, rules, kill),
        FaultProxy(cloud.detectliveface.url, None, rules, kill),
    )
    subscriber = Subscriber(cloud.emulator, cloud.notifications_queue_url)
    with (
        serve(*proxies) as (aws, tencent),
        collect_notifications(subscriber) as notifications,
        run_xray_daemon() as daemon,
    ):
        proxied = {"AWS_ENDPOINT_URL": aws, "TENCENT_ENDPOINT": tencent}
        function = DeployedFunction(cloud)
        yield Harness(cloud, function, rules, proxied, notifications, report, daemon)
        report.write(REPORT)


def pytest_configure(config: pytest.Config) -> None:
    """Remove an earlier report, once: not in the workers of xdist, which may be writing one."""
    if not hasattr(config, "workerinput"):
        REPORT.unlink(missing_ok=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the report that the harness has written, in this process or in a worker of xdist."""
    if REPORT.exists():
        terminalreporter.section("what became of the uploads", sep="-")
        terminalreporter.write(REPORT.read_text(encoding="utf-8"))
        terminalreporter.write_line(f"Also in {REPORT}")
