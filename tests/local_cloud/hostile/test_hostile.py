"""Whatever names, metadata, files and messages say: each its own verdict, or before a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import batched
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.phone import Phone
from local.subscriber import Subscriber
from tests.local_cloud.hostile.samples import FILES, KEYS, MESSAGES, METADATA
from tests.local_cloud.queues import Queue, notification, unnoticed
from tests.local_cloud.settings import settings
from tests.local_cloud.table import Table
from tests.unit.hostile.buckets import OTHERS

# Each that comes at the same time starts a process of the engine's.
AT_A_TIME = 8
ANSWERED_WITHIN_SECONDS = 30.0
# Eleven receives of every message, a second apart.
GIVEN_UP_WITHIN_SECONDS = 180.0

type Facts = Mapping[str, Any]


@pytest.fixture(autouse=True)
def _spoof(cloud: LocalCloud) -> Iterator[None]:
    """Whatever is judged is not live: a verdict that nobody gave would show."""
    cloud.detectliveface.control.set_rules({"effect": "spoof"})
    yield
    cloud.detectliveface.control.set_rules()


@pytest.fixture
def s3(cloud: LocalCloud) -> Any:
    return cloud.engine.session.client("s3", endpoint_url=cloud.engine.url)


@pytest.fixture
def answers(subscriber: Subscriber) -> Callable[[Iterable[dict[str, Any]], Any], list[Facts]]:
    """Put objects, a few at a time, and wait for what is announced of each, in their order."""

    def put(objects: Iterable[dict[str, Any]], s3: Any) -> list[Facts]:
        told: dict[str, Facts] = {}
        versions: list[str] = []
        for few in batched(objects, AT_A_TIME, strict=False):
            now = [s3.put_object(**each)["VersionId"] for each in few]
            versions += now
            for announcement in subscriber.announcements(within=ANSWERED_WITHIN_SECONDS):
                told[announcement.facts["version"]] = announcement.facts
                if told.keys() >= set(now):
                    break
        return [told.get(version, {}) for version in versions]

    return put


def test_every_key_gets_the_verdict_of_its_own_object(
    s3: Any, phone: Phone, selfie: bytes, answers: Any, table: Table
) -> None:
    keys = list(KEYS.values())

    told = answers(({"Bucket": phone.bucket, "Key": key, "Body": selfie} for key in keys), s3)

    assert [each.get("object") for each in told] == [f"s3://{phone.bucket}/{key}" for key in keys]
    assert {each["outcome"] for each in told} == {"not_live"}
    assert {table.row(each).get("outcome") for each in told} == {"not_live"}


def test_metadata_says_whose_picture_it_is_and_nothing_else(
    s3: Any, phone: Phone, selfie: bytes, answers: Any, table: Table
) -> None:
    names = {"Bucket": phone.bucket, "Key": "hostile/metadata.jpg", "Body": selfie}

    told = answers(({**names, "Metadata": dict(each)} for each in METADATA.values()), s3)

    assert [each.get("subject") for each in told] == [
        each.get("subject", "").strip() or None for each in METADATA.values()
    ]
    assert {each["outcome"] for each in told} == {"not_live"}
    facts = set(told[0]) | {"subject"}
    assert all(set(each) <= facts for each in told)
    rows = [table.row(each) for each in told]
    assert all(set(row) <= facts | {"announced_at", "expires_at", "lease_owner"} for row in rows)


def test_every_file_is_sent_back_with_its_reason(s3: Any, phone: Phone, answers: Any) -> None:
    names = {"Bucket": phone.bucket, "Key": "hostile/file.jpg"}

    told = answers(({**names, "Body": content} for content, _ in FILES.values()), s3)

    assert [(each.get("outcome"), each.get("reason")) for each in told] == [
        ("retake", reason) for _, reason in FILES.values()
    ]


def test_every_message_lies_before_a_person_in_the_end_and_the_good_ones_are_answered(
    cloud: LocalCloud, phone: Phone, selfie: bytes, subscriber: Subscriber, table: Table
) -> None:
    failed = Queue(cloud.engine, cloud.outputs["FailedUploadsQueueUrl"])
    failed.empty()
    with unnoticed(cloud):
        good = {phone.upload(f"hostile/good-{number}.jpg", selfie) for number in range(5)}
    bodies = [
        *MESSAGES.values(),
        *(notification(phone.bucket, f"hostile/good-{n}.jpg", v) for n, v in enumerate(good)),
    ]

    quick = {"RETRY_FIRST_DELAY_SECONDS": "1", "RETRY_LONGEST_DELAY_SECONDS": "1"}
    with settings(cloud, RETRY_TRIES="2", **quick):
        queue = Queue(cloud.engine, cloud.outputs["RetryQueueUrl"])
        for body in bodies:
            queue.sqs.send_message(QueueUrl=queue.url, MessageBody=body)
        failed.shown_once(lambda n: n >= len(MESSAGES), within=GIVEN_UP_WITHIN_SECONDS)

    assert Counter(_taken(failed)) == Counter(MESSAGES.values())
    told = [dict(each.facts) for each in subscriber.announcements(within=2)]
    assert {each["version"] for each in told} == good
    assert {each["outcome"] for each in told} <= {"not_live", "retake"}
    foreign = [f"s3://{bucket}/live.jpg" for bucket in OTHERS.values()]
    assert not any(table.row({"object": name, "version": "v1"}) for name in foreign)


def _taken(queue: Queue) -> Iterator[str]:
    while found := queue.sqs.receive_message(
        QueueUrl=queue.url, MaxNumberOfMessages=10, WaitTimeSeconds=1
    ).get("Messages", []):
        for message in found:
            queue.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
            yield message["Body"]
