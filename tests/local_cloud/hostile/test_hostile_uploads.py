"""Hostile keys, metadata, files and messages: each gets its own verdict, or is dead-lettered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import batched
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.subscriber import Subscriber
from local.uploader import Uploader
from tests.local_cloud.buckets import without_bucket_notifications
from tests.local_cloud.hostile.samples import FILES, KEYS, MESSAGES, METADATA
from tests.local_cloud.queues import Queue, reason_of
from tests.local_cloud.sample_events import s3_event
from tests.local_cloud.settings import SHORT_SCHEDULE, function_settings
from tests.local_cloud.table import Table
from tests.unit.hostile.buckets import OTHERS

# The emulator starts a process for each concurrent upload.
CONCURRENCY = 3
PUBLISHED_WITHIN_SECONDS = 30.0
DEAD_LETTERED_WITHIN_SECONDS = 120.0

type Record = Mapping[str, Any]
type PutAll = Callable[[Iterable[dict[str, Any]]], list[Record]]


@pytest.fixture(autouse=True)
def _spoof(cloud: LocalCloud) -> Iterator[None]:
    """Whatever is detected is not live: a verdict that no call led to would be seen."""
    cloud.detectliveface.control.set_rules({"effect": "spoof"})
    yield
    cloud.detectliveface.control.set_rules()


@pytest.fixture
def put_all(cloud: LocalCloud, subscriber: Subscriber) -> PutAll:
    """Put objects, a few at a time, and return what is published about each, in their order."""
    s3 = cloud.client("s3")

    def put(objects: Iterable[dict[str, Any]]) -> list[Record]:
        published: dict[str, Record] = {}
        versions: list[str] = []
        for batch in batched(objects, CONCURRENCY, strict=False):
            latest = [s3.put_object(**each)["VersionId"] for each in batch]
            versions += latest
            for notification in subscriber.notifications(within=PUBLISHED_WITHIN_SECONDS):
                published[notification.record["version"]] = notification.record
                if published.keys() >= set(latest):
                    break
        return [published.get(version, {}) for version in versions]

    return put


def test_each_key_gets_the_verdict_of_its_own_object(
    uploader: Uploader, selfie: bytes, put_all: PutAll, table: Table
) -> None:
    keys = list(KEYS.values())

    records = put_all({"Bucket": uploader.bucket, "Key": key, "Body": selfie} for key in keys)

    objects = [f"s3://{uploader.bucket}/{key}" for key in keys]
    assert [each.get("object") for each in records] == objects
    assert {each["outcome"] for each in records} == {"not_live"}
    assert {table.row(each).get("outcome") for each in records} == {"not_live"}


def test_only_subject_and_consent_id_of_the_metadata_are_published(
    uploader: Uploader, selfie: bytes, put_all: PutAll, table: Table
) -> None:
    names = {"Bucket": uploader.bucket, "Key": "hostile/metadata.jpg", "Body": selfie}

    records = put_all({**names, "Metadata": dict(each)} for each in METADATA.values())

    assert [each.get("subject") for each in records] == [
        each.get("subject", "").strip() or None for each in METADATA.values()
    ]
    assert {each["outcome"] for each in records} == {"not_live"}
    # The same picture for many subjects is a reuse.
    fields = set(records[0]) | {"subject", "consent_id", "reuse"}
    assert all(set(each) <= fields for each in records)
    rows = [table.row(each) for each in records]
    own_fields = {"picture_digest", "published_at", "expires_at", "lease_token_hash"}
    assert all(set(row) <= fields | own_fields for row in rows)


def test_each_file_is_a_retake_with_its_reason(uploader: Uploader, put_all: PutAll) -> None:
    names = {"Bucket": uploader.bucket, "Key": "hostile/file.jpg"}

    records = put_all({**names, "Body": content} for content, _ in FILES.values())

    assert [(each.get("outcome"), each.get("reason")) for each in records] == [
        ("retake", reason) for _, reason in FILES.values()
    ]


def test_each_unreadable_message_is_dead_lettered_and_the_valid_ones_get_verdicts(
    cloud: LocalCloud, uploader: Uploader, selfie: bytes, subscriber: Subscriber, table: Table
) -> None:
    failed = Queue(cloud.emulator, cloud.outputs["FailedUploadsQueueUrl"])
    queue = Queue(cloud.emulator, cloud.outputs["RetryQueueUrl"])
    failed.purge()
    queue.purge()
    with without_bucket_notifications(cloud):
        valid = [uploader.upload(f"hostile/valid-{number}.jpg", selfie) for number in range(5)]
    bodies = [
        *MESSAGES.values(),
        *(s3_event(uploader.bucket, f"hostile/valid-{n}.jpg", v) for n, v in enumerate(valid)),
    ]

    with function_settings(cloud, RETRY_MAX_ATTEMPTS="2", **SHORT_SCHEDULE):
        for body in bodies:
            queue.sqs.send_message(QueueUrl=queue.url, MessageBody=body)
        failed.wait_until_visible(lambda n: n >= len(MESSAGES), within=DEAD_LETTERED_WITHIN_SECONDS)
        # The end of the block ends the functions.
        records: list[Mapping[str, Any]] = []
        for each in subscriber.notifications(within=DEAD_LETTERED_WITHIN_SECONDS):
            records.append(each.record)
            if {record["version"] for record in records} >= set(valid):
                break

    messages = list(failed.receive_all())
    assert Counter(each["Body"] for each in messages) == Counter(MESSAGES.values())
    assert {reason_of(each) for each in messages} == {"unknown_event", "foreign_bucket"}
    assert {each["version"] for each in records} == set(valid)
    assert {each["outcome"] for each in records} <= {"not_live", "retake"}
    foreign = [f"s3://{bucket}/live.jpg" for bucket in OTHERS.values()]
    assert not any(table.row({"object": name, "version": "v1"}) for name in foreign)
