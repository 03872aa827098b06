"""Each alarm goes off for its cause, as the metrics of the real function show."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

import pytest

from local.cloud import LocalCloud, put_credentials
from local.metrics import Metrics, add_queue_depths, collect_metrics
from local.uploader import Uploader
from tests.local_cloud.queues import Queue
from tests.local_cloud.settings import function_settings
from tests.metrics.alarms import Alarm, load_alarms
from tests.metrics.template import ResolvedTemplate

ALARMS = load_alarms(ResolvedTemplate.load())
GOES_OFF_WITHIN_SECONDS = 45.0
SETTLES_SECONDS = 3.0
# The emulator starts a process for each concurrent upload, and after each failed one: in a second.
PACE_SECONDS = 0.4
_POLL_SECONDS = 0.5

# AWS's own metrics that the emulator lacks; tests/template/test_alarms.py lists AWS's.
NOT_TESTABLE: Mapping[str, str] = MappingProxyType(
    {
        "RetryQueueAgeAlarm": "the emulator reports no age of messages",
        "EventLostAlarm": "the emulator always delivers failed events",
        "EventsDroppedAlarm": "the emulator drops no events",
    }
)


class Stage:
    """A cloud, with the causes of alarms and the metrics that they leave."""

    def __init__(self, cloud: LocalCloud, uploader: Uploader, selfie: bytes) -> None:
        self.cloud = cloud
        self._uploader = uploader
        self._selfie = selfie
        self.since = time.time()

    def upload(self, *names: str, times: int = 1) -> None:
        """Upload images whose names select the service's responses."""
        for number in range(times):
            for name in names:
                self._uploader.upload(f"alarms/{name}-{number}.jpg", self._selfie)
                time.sleep(PACE_SECONDS)

    def metrics(self) -> Metrics:
        """The metrics since the start."""
        metrics = collect_metrics(self.cloud, self.since)
        add_queue_depths(metrics, self.cloud)
        return metrics

    def wait_for_metrics(self, condition: Callable[[Metrics], bool]) -> Metrics:
        """The same once the condition holds, or as they are when the time is over."""
        end = time.monotonic() + GOES_OFF_WITHIN_SECONDS
        while not condition(metrics := self.metrics()) and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return metrics

    def queue(self, output: str) -> Queue:
        return Queue(self.cloud.emulator, self.cloud.outputs[output])

    def clear(self) -> None:
        """Remove everything that would set off another alarm."""
        self.cloud.detectliveface.control.set_credentials(self.cloud.credentials)
        secret_arn = self.cloud.outputs["TencentSecretArn"]
        put_credentials(self.cloud.emulator, secret_arn, self.cloud.credentials)
        for output in ("RetryQueueUrl", "FailedUploadsQueueUrl"):
            self.queue(output).purge()


@pytest.fixture
def stage(cloud: LocalCloud, uploader: Uploader, selfie: bytes) -> Iterator[Stage]:
    stage = Stage(cloud, uploader, selfie)
    stage.clear()
    stage.since = time.time()
    yield stage
    stage.clear()


def dead_letter(stage: Stage) -> None:
    stage.queue("FailedUploadsQueueUrl").send("a message that was received too often")


def refuse_credentials(stage: Stage) -> None:
    stage.cloud.detectliveface.control.set_credentials()
    stage.upload("live")


def empty_secret(stage: Stage) -> None:
    stage.cloud.client("secretsmanager").put_secret_value(
        SecretId=stage.cloud.outputs["TencentSecretArn"], SecretString=json.dumps({})
    )
    # New sandboxes, which have no key in their cache.
    with function_settings(stage.cloud, TENCENT_LANGUAGE="zh-CN"):
        stage.upload("live")
        stage.wait_for_metrics(ALARMS["CredentialsMissingAlarm"].is_breached)


def throttle_function(stage: Stage) -> None:
    functions = stage.cloud.client("lambda")
    name = stage.cloud.outputs["CheckLivenessFunctionName"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        stage.upload("live")
        stage.wait_for_metrics(ALARMS["FunctionThrottledAlarm"].is_breached)
    finally:
        functions.delete_function_concurrency(FunctionName=name)


CAUSES: Mapping[str, Callable[[Stage], None]] = MappingProxyType(
    {
        "FailedUploadsAlarm": dead_letter,
        "AccountBlockedAlarm": lambda stage: stage.upload("error-ResourceUnavailable.InArrears"),
        "CredentialsRefusedAlarm": refuse_credentials,
        "CredentialsMissingAlarm": empty_secret,
        "RequestRefusedAlarm": lambda stage: stage.upload("error-InvalidParameter"),
        "ActionRetiredAlarm": lambda stage: stage.upload(
            "error-ActionOffline",
            "error-InvalidAction",
            "error-UnsupportedOperation.UnknowMethod",
        ),
        "DetectionErrorRateAlarm": lambda stage: stage.upload(
            "error-FailedOperation.ServerError",
            "error-RequestLimitExceeded",
            "drop",
            times=3,
        ),
        "FunctionErrorRateAlarm": lambda stage: stage.upload("error-InternalError", times=3),
        "FunctionThrottledAlarm": throttle_function,
        "HighLatencyAlarm": lambda stage: stage.upload("slow-5500"),
        "NotLiveShareAlarm": lambda stage: stage.upload("live", "spoof", times=10),
    }
)


def test_every_alarm_of_the_template_has_a_cause_here_or_is_not_testable() -> None:
    assert set(CAUSES) | set(NOT_TESTABLE) == set(ALARMS)
    assert not set(CAUSES) & set(NOT_TESTABLE)


def test_ordinary_uploads_set_off_no_alarm(stage: Stage) -> None:
    # The first one is a cold start on a machine that is busy with tests.
    stage.upload("live")
    stage.wait_for_metrics(has_verdicts(1))
    stage.since = time.time()
    for count, name in enumerate(["live-again", "spoof", "no-face", "live-too"], start=1):
        stage.upload(name)
        stage.wait_for_metrics(has_verdicts(count))
    time.sleep(SETTLES_SECONDS)
    metrics = stage.metrics()

    assert has_verdicts(4)(metrics)
    assert [alarm.name for alarm in ALARMS.values() if alarm.is_breached(metrics)] == []


def has_verdicts(count: int) -> Callable[[Metrics], bool]:
    """Whether so many uploads have their verdict."""

    def condition(metrics: Metrics) -> bool:
        found = metrics.find("SelfieLiveness", "Uploads", ["service", "outcome"])
        return sum(metrics.statistic(each, "Sum") or 0 for each in found) == count

    return condition


@pytest.mark.parametrize(("name", "alarm"), [(name, ALARMS[name]) for name in CAUSES], ids=CAUSES)
def test_an_alarm_goes_off_for_its_cause(name: str, alarm: Alarm, stage: Stage) -> None:
    CAUSES[name](stage)

    def missing(metrics: Metrics) -> set[str]:
        """The ids of the alarm's metrics that have no samples."""
        return {each.id for each in alarm.metrics if each.metric not in metrics.samples}

    metrics = stage.wait_for_metrics(
        lambda metrics: alarm.is_breached(metrics) and missing(metrics) == set()
    )

    assert missing(metrics) == set()
    assert alarm.is_breached(metrics), alarm.data_point(metrics)
