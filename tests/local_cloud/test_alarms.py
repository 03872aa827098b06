"""Each alarm goes off by what it is for: the real function's own metrics say so."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from local.alarms import Alarm, alarms
from local.cloud import LocalCloud, fill_secret
from local.gathering import add_depths, gathered
from local.metrics import Metrics
from local.phone import Phone
from local.template import FilledTemplate
from tests.local_cloud.queues import Queue
from tests.local_cloud.settings import settings

ALARMS = alarms(FilledTemplate.read())
GOES_OFF_WITHIN_SECONDS = 45.0
SETTLES_SECONDS = 3.0
_POLL_SECONDS = 0.5

# AWS's own metrics that the engine lacks; tests/template/test_alarms.py knows what AWS provides.
NOT_HERE: Mapping[str, str] = MappingProxyType(
    {
        "RetryQueueAgeAlarm": "the engine tells no ages of messages",
        "EventLostAlarm": "the engine always delivers what failed",
        "EventsDroppedAlarm": "the engine drops nothing",
    }
)


class Stage:
    """A cloud, and what can be done to it."""

    def __init__(self, cloud: LocalCloud, phone: Phone, selfie: bytes) -> None:
        self.cloud = cloud
        self._phone = phone
        self._selfie = selfie
        self.since = time.time()

    def upload(self, *names: str, times: int = 1) -> None:
        """Upload pictures whose names say what the service answers."""
        for number in range(times):
            for name in names:
                self._phone.upload(f"alarms/{name}-{number}.jpg", self._selfie)

    def metrics(self) -> Metrics:
        """What came of it all so far."""
        metrics = gathered(self.cloud, self.since)
        add_depths(metrics, self.cloud)
        return metrics

    def metrics_once(self, holds: Callable[[Metrics], bool]) -> Metrics:
        """The same once it is as wanted; as it is when the time is up."""
        end = time.monotonic() + GOES_OFF_WITHIN_SECONDS
        while not holds(metrics := self.metrics()) and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return metrics

    def queue(self, output: str) -> Queue:
        return Queue(self.cloud.engine, self.cloud.outputs[output])

    def clear(self) -> None:
        """Leave nothing behind that would set off another alarm."""
        self.cloud.detectliveface.control.set_credentials(self.cloud.credentials)
        fill_secret(
            self.cloud.engine, self.cloud.outputs["TencentSecretArn"], self.cloud.credentials
        )
        for output in ("RetryQueueUrl", "FailedUploadsQueueUrl"):
            self.queue(output).empty()


@pytest.fixture
def stage(cloud: LocalCloud, phone: Phone, selfie: bytes) -> Iterator[Stage]:
    stage = Stage(cloud, phone, selfie)
    stage.clear()
    stage.since = time.time()
    yield stage
    stage.clear()


def give_up(stage: Stage) -> None:
    stage.queue("FailedUploadsQueueUrl").put("a message that was received too often")


def refuse_the_key(stage: Stage) -> None:
    stage.cloud.detectliveface.control.set_credentials()
    stage.upload("live")


def empty_the_secret(stage: Stage) -> None:
    secrets: Any = stage.cloud.engine.session.client(
        "secretsmanager", endpoint_url=stage.cloud.engine.url
    )
    secrets.put_secret_value(
        SecretId=stage.cloud.outputs["TencentSecretArn"], SecretString=json.dumps({})
    )
    # New sandboxes, which hold no key that they read before.
    with settings(stage.cloud, TENCENT_LANGUAGE="zh-CN"):
        stage.upload("live")
        stage.metrics_once(ALARMS["CredentialsMissingAlarm"].breached_by)


def throttle_the_function(stage: Stage) -> None:
    functions: Any = stage.cloud.engine.session.client(
        "lambda", endpoint_url=stage.cloud.engine.url
    )
    name = stage.cloud.outputs["CheckLivenessFunctionName"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        stage.upload("live")
        stage.metrics_once(ALARMS["FunctionThrottledAlarm"].breached_by)
    finally:
        functions.delete_function_concurrency(FunctionName=name)


DRIVEN: Mapping[str, Callable[[Stage], None]] = MappingProxyType(
    {
        "FailedUploadsAlarm": give_up,
        "AccountBlockedAlarm": lambda stage: stage.upload("error-ResourceUnavailable.InArrears"),
        "CredentialsRefusedAlarm": refuse_the_key,
        "CredentialsMissingAlarm": empty_the_secret,
        "RequestRefusedAlarm": lambda stage: stage.upload("error-InvalidParameter"),
        "ActionRetiredAlarm": lambda stage: stage.upload(
            "error-ActionOffline",
            "error-InvalidAction",
            "error-UnsupportedOperation.UnknowMethod",
        ),
        "ServiceErrorRateAlarm": lambda stage: stage.upload(
            "error-FailedOperation.ServerError",
            "error-RequestLimitExceeded",
            "drop",
            times=3,
        ),
        "FunctionErrorRateAlarm": lambda stage: stage.upload("error-InternalError", times=3),
        "FunctionThrottledAlarm": throttle_the_function,
        "SlowAnswersAlarm": lambda stage: stage.upload("slow-5500"),
        "NotLiveShareAlarm": lambda stage: stage.upload("live", "spoof", times=10),
    }
)


def test_every_alarm_of_the_template_is_driven_or_said_not_to_be_here() -> None:
    assert set(DRIVEN) | set(NOT_HERE) == set(ALARMS)
    assert not set(DRIVEN) & set(NOT_HERE)


def test_ordinary_uploads_set_no_alarm_off(stage: Stage) -> None:
    # The first is a cold start on a machine that is busy with tests.
    stage.upload("live")
    stage.metrics_once(have_answers(1))
    stage.since = time.time()
    for count, name in enumerate(["live-again", "spoof", "no-face", "live-too"], start=1):
        stage.upload(name)
        stage.metrics_once(have_answers(count))
    time.sleep(SETTLES_SECONDS)
    metrics = stage.metrics()

    assert have_answers(4)(metrics)
    assert [alarm.name for alarm in ALARMS.values() if alarm.breached_by(metrics)] == []


def have_answers(count: int) -> Callable[[Metrics], bool]:
    """Whether so many uploads got their answer."""

    def holds(metrics: Metrics) -> bool:
        series = metrics.named("SelfieLiveness", "Uploads", ["service", "outcome"])
        return sum(metrics.statistic(each, "Sum") or 0 for each in series) == count

    return holds


@pytest.mark.parametrize(("name", "alarm"), [(name, ALARMS[name]) for name in DRIVEN], ids=DRIVEN)
def test_an_alarm_goes_off_by_what_it_is_for(name: str, alarm: Alarm, stage: Stage) -> None:
    DRIVEN[name](stage)

    def has_gone_off(metrics: Metrics) -> bool:
        return alarm.breached_by(metrics) and silent(metrics) == set()

    def silent(metrics: Metrics) -> set[str]:
        """Series that it looks at and that nothing was told of."""
        return {each.id for each in alarm.watched if each.metric not in metrics.samples}

    metrics = stage.metrics_once(has_gone_off)

    assert silent(metrics) == set()
    assert alarm.breached_by(metrics), alarm.data_point(metrics)
