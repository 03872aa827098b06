"""The alarm on lockouts goes off for its cause, as the metrics of the real function show."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from local.cloud import LocalCloud
from local.metrics import Metrics, collect_metrics
from tests.local_cloud.permissions import UPLOAD_API
from tests.local_cloud.polling import wait_until
from tests.local_cloud.upload_api.people import Person, code_of
from tests.local_cloud.upload_api.test_attempts import LIMIT, TOO_MANY, start_and_erase
from tests.metrics.alarms import load_alarms
from tests.metrics.template import ResolvedTemplate
from tests.template.test_alarms import NAMESPACE, UPLOAD_API_METRICS

ALARMS = load_alarms(ResolvedTemplate.load(UploadApi="on", AlarmLockouts="2"))
LOCKOUTS = ALARMS["LockoutsAlarm"]
NOT_TESTABLE: Mapping[str, str] = MappingProxyType(
    {"UploadApiErrorsAlarm": "the emulator has no metrics of API Gateway"}
)


def test_every_alarm_of_the_api_is_tested_here_or_is_not_testable() -> None:
    of_the_api = set(ALARMS) - set(load_alarms(ResolvedTemplate.load()))

    assert of_the_api == {"LockoutsAlarm", *NOT_TESTABLE}


def total(metrics: Metrics, name: str) -> float:
    """The sum of a metric of the API, whose one dimension is the stack."""
    found = metrics.find(NAMESPACE, name, ["service"])
    return sum(metrics.statistic(each, "Sum") or 0 for each in found)


def test_the_alarm_on_lockouts_counts_people_and_not_requests(
    cloud: LocalCloud, new_person: Callable[[], Person]
) -> None:
    since = time.time()

    def metrics_with_lockouts(count: int) -> Metrics:
        def metrics() -> Metrics:
            return collect_metrics(cloud, since, UPLOAD_API)

        wait_until(lambda: total(metrics(), "Lockouts") >= count, what=f"{count} lockouts")
        return metrics()

    def lock_out(person: Person) -> None:
        start_and_erase(person, LIMIT)
        assert code_of(person.phone.start(1)) == TOO_MANY

    stubborn = new_person()
    lock_out(stubborn)
    assert code_of(stubborn.phone.start(1)) == TOO_MANY
    assert not LOCKOUTS.is_breached(metrics_with_lockouts(1))

    lock_out(new_person())
    metrics = metrics_with_lockouts(2)
    assert LOCKOUTS.is_breached(metrics)
    assert total(metrics, "StartedUploads") == 2 * LIMIT
    emitted = {metric.name for metric in metrics.samples if metric.namespace == NAMESPACE}
    assert emitted - {"ColdStart"} == set(UPLOAD_API_METRICS)
