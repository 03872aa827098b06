"""Uploads that got no answer at once: back through RetryQueue, by a schedule of seconds here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liveness.aws.dynamodb import DynamoDBVerdicts
from liveness.kept import as_message
from liveness.model import Action, Detection, Thresholds, Upload
from liveness.ports import KeptJudgement, Lease
from local.cloud import LocalCloud
from local.detectliveface.server import Control
from local.phone import Phone
from local.stack import PROJECT
from local.subscriber import Announcement, Subscriber
from operations.failed import failures, peek
from operations.queue import described
from operations.replay import Moved, replay
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.queues import Queue, notification, sample, unnoticed, unworked
from tests.local_cloud.table import Table
from tests.local_cloud.test_permissions import without

# As template.yaml has it: nine tries, and two more receives that only give up.
RECEIVES = 11
SCHEDULE_SECONDS = 60.0

LATE = "a message comes back later than planned"


@pytest.fixture(scope="module", autouse=True)
def _quick_schedule(cloud: LocalCloud) -> Iterator[None]:
    """RetryFirstDelaySeconds and RetryLongestDelaySeconds are 1, without a deployment."""
    functions: Any = cloud.engine.session.client("lambda", endpoint_url=cloud.engine.url)
    name = cloud.outputs["CheckLivenessFunctionName"]
    held = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    quick = dict.fromkeys(("RETRY_FIRST_DELAY_SECONDS", "RETRY_LONGEST_DELAY_SECONDS"), "1")
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": held | quick}
    )
    yield
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": held})


@dataclass(slots=True)
class Scene:
    """A cloud, and everything that is announced in it from now on."""

    cloud: LocalCloud
    phone: Phone
    selfie: bytes
    subscriber: Subscriber
    log: FunctionLog
    heard: list[Announcement] = field(default_factory=list)

    @property
    def control(self) -> Control:
        return self.cloud.detectliveface.control

    @property
    def retry_queue(self) -> Queue:
        return Queue(self.cloud.engine, self.cloud.outputs["RetryQueueUrl"])

    @property
    def failed_uploads(self) -> Queue:
        return Queue(self.cloud.engine, self.cloud.outputs["FailedUploadsQueueUrl"])

    def upload(self, name: str) -> str:
        return self.phone.upload(f"retries/{name}", self.selfie)

    def mend(self) -> None:
        self.control.set_rules()
        self.control.set_credentials(self.cloud.credentials)

    def listen_until(self, holds: Callable[[], bool], *, within: float = SCHEDULE_SECONDS) -> None:
        """Keep what is announced until it is as wanted, or the time is up."""
        end = time.monotonic() + within
        while not holds() and time.monotonic() < end:
            self.heard.extend(self.subscriber.announcements(within=0.1))

    def about(self, version: str) -> list[dict[str, Any]]:
        """The facts announced of an upload, in order."""
        return [dict(each.facts) for each in self.heard if each.facts["version"] == version]

    def outcomes(self, *versions: str) -> list[list[str]]:
        return [[facts["outcome"] for facts in self.about(version)] for version in versions]

    def listed(self) -> dict[str, str]:
        """What `make failed` lists: reasons by version, or by what else a message is."""
        rows = Table(self.cloud.engine, self.cloud.outputs["VerdictsTableName"])

        def row_of(upload: Upload) -> Any:
            return rows.row({"object": upload.object, "version": upload.version})

        queue = self.failed_uploads
        messages = peek(queue.sqs, queue.url, most=50)
        lines = [line for message in messages for line in failures(message, row_of)]
        return {line.version or line.what: line.reason for line in lines}

    def replay(self) -> list[Moved]:
        """What `make replay` does."""
        sqs = self.failed_uploads.sqs
        lying = described(sqs, self.failed_uploads.url)
        return list(replay(sqs, lying, described(sqs, self.retry_queue.url), time.sleep))


@pytest.fixture
def scene(
    cloud: LocalCloud, phone: Phone, selfie: bytes, subscriber: Subscriber
) -> Iterator[Scene]:
    """FailedUploads is empty, and the stand-in is well again afterwards."""
    scene = Scene(cloud, phone, selfie, subscriber, FunctionLog(cloud))
    scene.failed_uploads.empty()
    yield scene
    scene.mend()


def test_an_upload_comes_back_in_time_from_a_fault_that_passes_and_is_answered_once(
    scene: Scene,
) -> None:
    name = "first-4-error-FailedOperation.ServerError.jpg"
    version = scene.upload(name)

    scene.listen_until(lambda: bool(scene.about(version)))

    assert scene.outcomes(version) == [["live"]]
    picture = f"/{scene.phone.bucket}/retries/{name}"
    count = scene.control.calls().pictures[picture]
    assert (count.calls, count.billed) == (5, 1)
    assert {fault["reason"] for fault in scene.log.faults(name)} == {"service_fault"}


def test_without_the_permission_to_set_when_a_message_comes_back_it_comes_late(
    scene: Scene,
) -> None:
    with without(scene.cloud, "set-when-to-come-back"):
        version = scene.upload("error-InternalError-late.jpg")
        scene.listen_until(lambda: LATE in scene.log.messages(), within=10)
        scene.listen_until(lambda: bool(scene.about(version)), within=3)

    assert LATE in scene.log.messages()
    assert len(scene.log.faults("error-InternalError-late.jpg")) == 2


def test_a_service_that_stays_down_ends_in_failed_once_and_a_replay_decides(scene: Scene) -> None:
    scene.control.set_rules({"effect": "drop", "name": "*-down.jpg"})
    live, spoof = scene.upload("live-down.jpg"), scene.upload("spoof-down.jpg")

    scene.listen_until(lambda: {live, spoof} <= scene.listed().keys())
    scene.listen_until(lambda: False, within=1)

    assert scene.outcomes(live, spoof) == [["failed"], ["failed"]]
    reason = "service_unreachable (NoAnswer.ConnectionFailed)"
    assert (scene.listed()[live], scene.listed()[spoof]) == (reason, reason)

    scene.mend()
    moved = scene.replay()[-1]
    assert moved.messages == moved.of >= 2
    scene.listen_until(lambda: all(len(told) > 1 for told in scene.outcomes(live, spoof)))

    assert scene.outcomes(live, spoof) == [["failed", "live"], ["failed", "not_live"]]
    failed, decided = scene.about(live)
    assert failed["id"] != decided["id"]


@pytest.mark.parametrize("code", ["ResourceUnavailable.InArrears", "ActionOffline"])
def test_an_account_that_a_person_must_mend_costs_one_call_a_try_and_uploads_recover(
    code: str, scene: Scene
) -> None:
    name = f"live-{code}.jpg"
    scene.control.set_rules({"effect": f"error-{code}", "name": name})
    version = scene.upload(name)
    scene.log.faults_once(name, lambda faults: len(faults) >= 3, within=SCHEDULE_SECONDS)

    scene.mend()
    scene.listen_until(lambda: bool(scene.about(version)))

    assert scene.outcomes(version) == [["live"]]
    faults = scene.log.faults(name)
    assert {fault["reason"] for fault in faults} == {"account_blocked"}
    count = scene.control.calls().pictures[f"/{scene.phone.bucket}/retries/{name}"]
    assert count.outcomes == {code: len(faults), "live": 1}
    assert len(scene.log.metrics("Faults", reason="account_blocked")) >= len(faults)


def test_revoked_credentials_cost_one_call_a_try_and_uploads_recover(scene: Scene) -> None:
    before = scene.control.calls().total
    scene.control.set_credentials()
    version = scene.upload("live-revoked.jpg")
    scene.log.faults_once(
        "live-revoked.jpg", lambda faults: len(faults) >= 3, within=SCHEDULE_SECONDS
    )

    scene.mend()
    scene.listen_until(lambda: bool(scene.about(version)))

    assert scene.outcomes(version) == [["live"]]
    # A call that is refused for its signature is not known to be about any picture.
    refused = [call for call in scene.control.calls(before).calls if call.signature != "verified"]
    faults = [fault for fault in scene.log.faults() if fault["reason"] == "credentials_refused"]
    assert len(refused) == len(faults) >= 3
    assert len(scene.log.metrics("Faults", reason="credentials_refused")) == len(faults)


def test_of_a_batch_with_three_poison_messages_seven_are_answered_and_three_come_back(
    scene: Scene,
) -> None:
    names = [f"live-batch-{number}.jpg" for number in range(7)]
    with unnoticed(scene.cloud):
        versions = [scene.upload(name) for name in names]
    told = [
        notification(scene.phone.bucket, f"retries/{name}", version)
        for name, version in zip(names, versions, strict=True)
    ]
    poison = ["no JSON", '{"Records": [{"eventSource": "aws:ses"}]}', '{"detail": {}}']

    with unworked(scene.cloud):
        *_, first, second, third = scene.retry_queue.put(*told, *poison)
    unreadable = {f"message {each}" for each in (first, second, third)}
    scene.listen_until(lambda: unreadable <= scene.listed().keys())

    assert scene.outcomes(*versions) == [["live"]] * 7
    assert unreadable <= scene.listed().keys()
    assert max(len(each) for each in scene.log.metrics("Deliveries")) > len(poison)
    unread = [fault for fault in scene.log.faults() if "object" not in fault]
    assert len(unread) == RECEIVES * len(poison)


def from_eventbridge(scene: Scene, version: str) -> str:
    event = sample("eventbridge-object-created")
    event["detail"]["bucket"]["name"] = scene.phone.bucket
    event["detail"]["object"] |= {"key": "retries/live-backfill.jpg", "version-id": version}
    return json.dumps(event)


def from_s3(scene: Scene, version: str) -> str:
    return notification(scene.phone.bucket, "retries/live-backfill.jpg", version)


def through_sns(message: str) -> str:
    return json.dumps(sample("sqs-sns-s3") | {"Message": message})


def as_on_failure(event: str) -> str:
    return json.dumps(sample("on-failure-s3") | {"requestPayload": json.loads(event)})


def as_documented(scene: Scene, version: str) -> str:
    """The message that docs/operating.md shows, about another upload."""
    page = (PROJECT / "docs" / "operating.md").read_text()
    event = json.loads(page.partition("```json\n")[2].partition("```")[0])
    event["detail"] |= {
        "bucket": {"name": scene.phone.bucket},
        "object": {"key": "retries/live-backfill.jpg", "version-id": version},
    }
    return json.dumps(event)


def kept(lease: Lease, *, live: bool) -> str:
    """The message of a judgement that the table did not take."""
    detection = Detection(Action.DETECT_LIVE_FACE, "3.0", "a-request", is_liveness=live)
    judgement = Thresholds().judge(detection)
    return as_message(KeptJudgement(lease, judgement, datetime.now(UTC), None))


def test_a_judgement_that_was_kept_counts_under_its_lease_and_for_nobody_who_made_it_up(
    scene: Scene,
) -> None:
    names = ["spoof-kept.jpg", "spoof-made-up.jpg"]
    with unnoticed(scene.cloud):
        versions = [scene.upload(name) for name in names]
    mine, another = (
        Upload(scene.phone.bucket, f"retries/{name}", version, datetime.now(UTC))
        for name, version in zip(names, versions, strict=True)
    )
    verdicts = DynamoDBVerdicts(
        scene.cloud.engine.session.client("dynamodb", endpoint_url=scene.cloud.engine.url),
        scene.cloud.outputs["VerdictsTableName"],
        keep_for=timedelta(days=1),
        now=lambda: datetime.now(UTC),
    )
    lease = verdicts.claim(mine, timedelta(seconds=1), reopen_failed=True)
    assert isinstance(lease, Lease)

    scene.retry_queue.put(kept(lease, live=True), kept(Lease(another, lease.owner), live=True))
    scene.listen_until(lambda: all(scene.outcomes(*versions)))

    assert scene.outcomes(*versions) == [["live"], ["not_live"]]
    calls = scene.control.calls().pictures
    assert f"/{mine.bucket}/{mine.key}" not in calls
    assert calls[f"/{another.bucket}/{another.key}"].billed == 1


def test_a_backfill_may_send_any_envelope_to_the_retry_queue(scene: Scene) -> None:
    with unnoticed(scene.cloud):
        versions = [scene.upload("live-backfill.jpg") for _ in range(6)]
    s3, bridge, sns, sns_bridge, failure, documented = versions

    scene.retry_queue.put(
        from_s3(scene, s3),
        from_eventbridge(scene, bridge),
        through_sns(from_s3(scene, sns)),
        through_sns(from_eventbridge(scene, sns_bridge)),
        as_on_failure(from_s3(scene, failure)),
        as_documented(scene, documented),
    )
    scene.listen_until(lambda: all(scene.outcomes(*versions)))

    assert scene.outcomes(*versions) == [["live"]] * 6
