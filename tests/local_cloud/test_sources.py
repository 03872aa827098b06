"""Existing buckets as sources, their tags, and who may read: one cloud with all switched on."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import LocalCloud
from local.sam_cli import PROJECT
from local.subscriber import Subscriber
from tests.clouds import start_cloud
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.permissions import without_policy
from tests.local_cloud.polling import wait_until
from tests.local_cloud.queues import Queue, reason_of
from tests.local_cloud.sample_events import s3_event
from tests.local_cloud.settings import SHORT_SCHEDULE, function_settings
from tests.local_cloud.table import Table

ARCHIVE, IMPORTS = "archive", "imports"
KEY = "selfies/Zoë +1 100%.jpg"
PROCESSED_WITHIN_SECONDS = 60.0
NOT_PROCESSED_SECONDS = 3.0


@pytest.fixture(scope="module")
def sources() -> Iterator[LocalCloud]:
    with start_cloud(
        "sources",
        SourceBuckets=f"{ARCHIVE},{IMPORTS}",
        KeyPrefixes="selfies/,faces/",
        CreateUploadBucket="on",
        TagUploads="on",
        ReadersGuard="on",
    ) as cloud:
        yield cloud


@pytest.fixture
def rows(sources: LocalCloud) -> Table:
    return Table(sources.emulator, sources.outputs["VerdictsTableName"])


def put(cloud: LocalCloud, bucket: str, key: str, body: bytes, **options: str) -> dict[str, str]:
    """Upload as an application does, and return the key of its row."""
    stored = cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=body, **options)
    return {"object": f"s3://{bucket}/{key}", "version": stored["VersionId"]}


def decided(rows: Table, record: dict[str, str], within: float = PROCESSED_WITHIN_SECONDS) -> str:
    """The outcome of a row; empty where there is none in time."""
    row = rows.wait_for_row(lambda row: "published_at" in row, record, within=within)
    return str(row.get("outcome", ""))


def tags(cloud: LocalCloud, bucket: str, key: str, version: str) -> dict[str, str]:
    found = cloud.client("s3").get_object_tagging(Bucket=bucket, Key=key, VersionId=version)
    return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}


@pytest.mark.parametrize(
    ("bucket", "key"), [(ARCHIVE, KEY), (IMPORTS, "faces/live.jpg"), ("own", "any/live.jpg")]
)
def test_an_upload_to_each_bucket_is_judged_and_tagged(
    sources: LocalCloud, rows: Table, selfie: bytes, bucket: str, key: str
) -> None:
    bucket = sources.outputs["UploadBucketName"] if bucket == "own" else bucket

    record = put(sources, bucket, key, selfie, Tagging="team=onboarding")

    assert decided(rows, record) == "live"
    version = record["version"]
    wait_until(
        lambda: "liveness" in tags(sources, bucket, key, version),
        within=PROCESSED_WITHIN_SECONDS,
        what="the tags of the version",
    )
    row_id = rows.row(record)["id"]
    expected = {"team": "onboarding", "liveness": "live", "liveness-id": row_id}
    assert tags(sources, bucket, key, version) == expected


@pytest.mark.parametrize("key", ["other/live.jpg", "old/selfies/live.jpg"])
def test_another_prefix_is_not_judged(
    sources: LocalCloud, rows: Table, selfie: bytes, key: str
) -> None:
    record = put(sources, ARCHIVE, key, selfie)

    assert decided(rows, record, NOT_PROCESSED_SECONDS) == ""
    assert tags(sources, ARCHIVE, key, record["version"]) == {}


def test_an_event_about_another_prefix_is_refused_whoever_sends_it(
    sources: LocalCloud, rows: Table, selfie: bytes
) -> None:
    record = put(sources, ARCHIVE, "other/sent.jpg", selfie)
    failed = Queue(sources.emulator, sources.outputs["FailedUploadsQueueUrl"])
    failed.purge()

    Queue(sources.emulator, sources.outputs["RetryQueueUrl"]).send(
        s3_event(ARCHIVE, "other/sent.jpg", record["version"], size=len(selfie))
    )

    failed.wait_until_visible(bool, within=PROCESSED_WITHIN_SECONDS)
    assert [reason_of(message) for message in failed.receive_all()] == ["foreign_bucket"]
    assert rows.row(record) == {}


@pytest.mark.parametrize("policy", ["tag-image", "read-image-tags"])
def test_a_tag_that_is_refused_changes_no_verdict_and_is_repeated(
    sources: LocalCloud, rows: Table, selfie: bytes, policy: str
) -> None:
    key = f"selfies/live-{policy}.jpg"
    log = FunctionLog(sources)
    with function_settings(sources, **SHORT_SCHEDULE):
        with without_policy(sources, policy):
            record = put(sources, ARCHIVE, key, selfie)
            (error, *_) = log.wait_for_errors(key, bool, within=PROCESSED_WITHIN_SECONDS)
        assert decided(rows, record) == "live"
        wait_until(
            lambda: tags(sources, ARCHIVE, key, record["version"]).get("liveness") == "live",
            within=PROCESSED_WITHIN_SECONDS,
            what="the tags, by the next delivery",
        )

    assert error["error"] == "s3: AccessDenied"
    subscriber = Subscriber(sources.emulator, sources.notifications_queue_url)
    found = [
        each.record["id"]
        for each in subscriber.notifications(within=NOT_PROCESSED_SECONDS)
        if each.record["version"] == record["version"]
    ]
    assert len(found) == 1


def test_ten_tags_leave_no_room_and_the_verdict_stands(
    sources: LocalCloud, rows: Table, selfie: bytes
) -> None:
    others = "&".join(f"other{number}=x" for number in range(9))
    record = put(sources, ARCHIVE, "selfies/live-tagged.jpg", selfie, Tagging=others)

    assert decided(rows, record) == "live"
    time.sleep(NOT_PROCESSED_SECONDS)
    assert len(tags(sources, ARCHIVE, "selfies/live-tagged.jpg", record["version"])) == 9


@pytest.fixture(scope="module")
def reader(sources: LocalCloud) -> Any:
    """An S3 client of a user whom IAM allows everything in S3."""
    iam = sources.client("iam")
    iam.create_user(UserName="reader")
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="reader", PolicyName="all-of-s3", PolicyDocument=policy)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    return boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=sources.emulator.url,
        verify=str(sources.emulator.ca_bundle),
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=Config(signature_version="s3v4"),
    )


@pytest.mark.parametrize(
    ("name", "may_read"), [("live", True), ("spoof", False), ("no-face", False)]
)
def test_a_reader_reads_only_what_is_live(
    sources: LocalCloud, rows: Table, reader: Any, selfie: bytes, name: str, *, may_read: bool
) -> None:
    bucket, key = sources.outputs["UploadBucketName"], f"guarded/{name}.jpg"
    record = put(sources, bucket, key, selfie)
    assert decided(rows, record)
    wait_until(
        lambda: "liveness" in tags(sources, bucket, key, record["version"]),
        within=PROCESSED_WITHIN_SECONDS,
        what="the tags of the version",
    )

    def read() -> bytes:
        stored = reader.get_object(Bucket=bucket, Key=key, VersionId=record["version"])
        return bytes(stored["Body"].read())

    if may_read:
        assert read() == selfie
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            read()


def test_a_source_bucket_may_notify_retry_queue_as_readme_shows(
    sources: LocalCloud, rows: Table, selfie: bytes
) -> None:
    shown = re.search(r"`(\{\"QueueConfigurations\".*\})`", (PROJECT / "README.md").read_text())
    assert shown
    queue_arn = sources.client("sqs").get_queue_attributes(
        QueueUrl=sources.outputs["RetryQueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    configuration = json.loads(shown[1])
    configuration["QueueConfigurations"][0]["QueueArn"] = queue_arn
    sources.client("s3").put_bucket_notification_configuration(
        Bucket=IMPORTS, NotificationConfiguration=configuration
    )

    record = put(sources, IMPORTS, "faces/through the queue.jpg", selfie)

    assert decided(rows, record) == "live"


def test_a_task_of_s3_batch_operations_is_answered(
    sources: LocalCloud, rows: Table, selfie: bytes
) -> None:
    s3 = sources.client("s3")
    s3.put_bucket_notification_configuration(Bucket=IMPORTS, NotificationConfiguration={})
    record = put(sources, IMPORTS, "faces/old spoof.jpg", selfie)
    event = {
        "invocationSchemaVersion": "1.0",
        "invocationId": "i-1",
        "job": {"id": "j-1"},
        "tasks": [
            {
                "taskId": "t-1",
                "s3Key": "faces/old+spoof.jpg",
                "s3VersionId": record["version"],
                "s3BucketArn": f"arn:aws:s3:::{IMPORTS}",
            }
        ],
    }

    answer = sources.client("lambda").invoke(
        FunctionName=sources.outputs["CheckLivenessFunctionName"], Payload=json.dumps(event)
    )

    (result,) = json.loads(answer["Payload"].read())["results"]
    assert (result["taskId"], result["resultCode"]) == ("t-1", "Succeeded")
    assert result["resultString"] == decided(rows, record)
