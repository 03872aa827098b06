"""Objects that change after their upload, each with the outcome that a user would expect."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.subscriber import Subscriber
from local.uploader import Uploader
from tests.local_cloud.buckets import suspended_versioning
from tests.local_cloud.conftest import WaitForNotification
from tests.local_cloud.function_log import LogRecord
from tests.local_cloud.polling import wait_until
from tests.local_cloud.queues import Queue, reason_of
from tests.local_cloud.retries import RetryTest
from tests.local_cloud.sample_events import s3_event
from tests.local_cloud.table import Table


@pytest.fixture
def s3(cloud: LocalCloud) -> Any:
    return cloud.client("s3")


@pytest.fixture
def retry_queue(cloud: LocalCloud) -> Queue:
    return Queue(cloud.emulator, cloud.outputs["RetryQueueUrl"])


def test_a_deleted_version_is_a_retake_with_a_reason_of_its_own(
    retry_queue: Queue, uploader: Uploader, wait_for_notification: WaitForNotification
) -> None:
    version = str(uuid.uuid4())

    retry_queue.send(s3_event(uploader.bucket, "objects/deleted.jpg", version))

    record = wait_for_notification(version).record
    assert (record["outcome"], record["reason"]) == ("retake", "picture_gone")


def test_a_version_under_a_delete_marker_still_gets_a_verdict(
    s3: Any, uploader: Uploader, selfie: bytes, wait_for_notification: WaitForNotification
) -> None:
    key = "objects/live-under-a-marker.jpg"
    version = uploader.upload(key, selfie)
    s3.delete_object(Bucket=uploader.bucket, Key=key)

    assert wait_for_notification(version).record["outcome"] == "live"


def test_a_copy_gets_a_verdict_of_its_own(
    s3: Any, uploader: Uploader, selfie: bytes, wait_for_notification: WaitForNotification
) -> None:
    wait_for_notification(uploader.upload("objects/live-original.jpg", selfie))

    copy = s3.copy_object(
        Bucket=uploader.bucket,
        Key="objects/spoof-copy.jpg",
        CopySource={"Bucket": uploader.bucket, "Key": "objects/live-original.jpg"},
    )

    assert wait_for_notification(copy["VersionId"]).record["outcome"] == "not_live"


def test_a_multipart_upload_gets_a_verdict_once_it_is_complete(
    s3: Any, uploader: Uploader, selfie: bytes, wait_for_notification: WaitForNotification
) -> None:
    names = {"Bucket": uploader.bucket, "Key": "objects/live-in-parts.jpg"}
    upload_id = s3.create_multipart_upload(**names)["UploadId"]
    part = s3.upload_part(**names, UploadId=upload_id, PartNumber=1, Body=selfie)

    done = s3.complete_multipart_upload(
        **names,
        UploadId=upload_id,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )

    assert wait_for_notification(done["VersionId"]).record["outcome"] == "live"


def test_where_versioning_is_suspended_the_etag_is_the_version(
    s3: Any, uploader: Uploader, selfie: bytes, subscriber: Subscriber
) -> None:
    with suspended_versioning(s3, uploader.bucket):
        put = s3.put_object(Bucket=uploader.bucket, Key="objects/live-no-version.jpg", Body=selfie)
        etag = put["ETag"].strip('"')
        record = next(
            each.record
            for each in subscriber.notifications(within=30)
            if each.record["object"].endswith("live-no-version.jpg")
        )

    assert record["version"] == f"etag:{etag}"
    assert record["outcome"] == "live"


def test_an_object_of_another_bucket_gets_no_verdict(
    s3: Any, retry_queue: Queue, selfie: bytes, table: Table
) -> None:
    s3.create_bucket(Bucket="somebody-elses")
    s3.put_object(Bucket="somebody-elses", Key="live.jpg", Body=selfie)
    version = "etag:" + s3.head_object(Bucket="somebody-elses", Key="live.jpg")["ETag"].strip('"')

    retry_queue.send(s3_event("somebody-elses", "live.jpg", "null"))

    row = table.wait_for_row(
        bool, {"object": "s3://somebody-elses/live.jpg", "version": version}, within=5
    )
    assert not row


def test_an_event_without_a_version_is_the_upload_that_its_etag_names(
    s3: Any, retry_test: RetryTest
) -> None:
    bucket, key = retry_test.uploader.bucket, "retries/live-without-a-version.jpg"
    version = retry_test.upload("live-without-a-version.jpg")
    retry_test.collect_until(lambda: bool(retry_test.published(version)))
    (published,) = retry_test.published(version)
    etag = s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')

    retry_test.retry_queue.send(s3_event(bucket, key, "null", eTag=etag))

    def records() -> Sequence[LogRecord]:
        return retry_test.log.records_of(published["id"])

    wait_until(lambda: len(records()) == 2, within=20, what="two deliveries")
    assert [each["disposition"] for each in records()] == ["decided", "duplicate"]
    calls = retry_test.control.calls().pictures
    assert calls[f"/{bucket}/{key}"].billed == 1


@pytest.mark.parametrize(
    ("etag", "reason"),
    [("0123456789abcdef0123456789abcdef", "object_not_found"), ("*", "unknown_event")],
)
def test_an_event_about_nothing_publishes_nothing_and_waits_for_an_operator(
    etag: str, reason: str, retry_test: RetryTest, table: Table
) -> None:
    bucket, key = retry_test.uploader.bucket, "objects/never-existed.jpg"

    retry_test.retry_queue.send(s3_event(bucket, key, "null", eTag=etag))

    assert retry_test.failed_uploads.wait_until_visible(bool, within=20) == 1
    (message,) = retry_test.failed_uploads.receive_all()
    assert reason_of(message) == reason
    assert not table.row({"object": f"s3://{bucket}/{key}", "version": f"etag:{etag}"})
