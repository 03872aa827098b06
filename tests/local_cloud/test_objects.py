"""Objects that change under us, each with the outcome that a user would expect."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.phone import Phone
from local.stack import PROJECT
from local.subscriber import Announcement, Subscriber
from tests.local_cloud.buckets import suspended_versioning
from tests.local_cloud.table import Table

type Answers = Callable[[str], Announcement]


@pytest.fixture
def s3(cloud: LocalCloud) -> Any:
    return cloud.engine.session.client("s3", endpoint_url=cloud.engine.url)


def notification(bucket: str, key: str, version: str) -> str:
    event = json.loads((PROJECT / "events" / "s3-object-created.json").read_text())
    event["Records"][0]["s3"]["bucket"]["name"] = bucket
    event["Records"][0]["s3"]["object"] |= {"key": key, "versionId": version}
    return json.dumps(event)


def test_a_version_that_was_deleted_is_a_retake_that_says_so(
    cloud: LocalCloud, phone: Phone, answer_to: Answers
) -> None:
    version = str(uuid.uuid4())
    sqs = cloud.engine.session.client("sqs", endpoint_url=cloud.engine.url)

    sqs.send_message(
        QueueUrl=cloud.outputs["RetryQueueUrl"],
        MessageBody=notification(phone.bucket, "objects/deleted.jpg", version),
    )

    facts = answer_to(version).facts
    assert (facts["outcome"], facts["reason"]) == ("retake", "picture_gone")


def test_a_version_under_a_delete_marker_is_still_judged(
    s3: Any, cloud: LocalCloud, phone: Phone, selfie: bytes, answer_to: Answers
) -> None:
    with_marker = "objects/live-under-a-marker.jpg"
    version = phone.upload(with_marker, selfie)
    s3.delete_object(Bucket=phone.bucket, Key=with_marker)

    assert answer_to(version).facts["outcome"] == "live"


def test_a_copy_gets_a_verdict_of_its_own(
    s3: Any, phone: Phone, selfie: bytes, answer_to: Answers
) -> None:
    answer_to(phone.upload("objects/live-original.jpg", selfie))

    copy = s3.copy_object(
        Bucket=phone.bucket,
        Key="objects/spoof-copy.jpg",
        CopySource={"Bucket": phone.bucket, "Key": "objects/live-original.jpg"},
    )

    assert answer_to(copy["VersionId"]).facts["outcome"] == "not_live"


def test_a_multipart_upload_is_judged_once_it_is_complete(
    s3: Any, phone: Phone, selfie: bytes, answer_to: Answers
) -> None:
    names = {"Bucket": phone.bucket, "Key": "objects/live-in-parts.jpg"}
    upload_id = s3.create_multipart_upload(**names)["UploadId"]
    part = s3.upload_part(**names, UploadId=upload_id, PartNumber=1, Body=selfie)

    done = s3.complete_multipart_upload(
        **names,
        UploadId=upload_id,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )

    assert answer_to(done["VersionId"]).facts["outcome"] == "live"


def test_where_versioning_is_suspended_the_etag_stands_for_the_version(
    s3: Any, phone: Phone, selfie: bytes, subscriber: Subscriber
) -> None:
    with suspended_versioning(s3, phone.bucket):
        put = s3.put_object(Bucket=phone.bucket, Key="objects/live-no-version.jpg", Body=selfie)
        etag = put["ETag"].strip('"')
        facts = next(
            each.facts
            for each in subscriber.announcements(within=30)
            if each.facts["object"].endswith("live-no-version.jpg")
        )

    assert facts["version"] == f"etag:{etag}"
    assert facts["outcome"] == "live"


def test_no_object_of_another_bucket_is_judged(
    s3: Any, cloud: LocalCloud, phone: Phone, selfie: bytes, table: Table
) -> None:
    s3.create_bucket(Bucket="somebody-elses")
    s3.put_object(Bucket="somebody-elses", Key="live.jpg", Body=selfie)
    version = "etag:" + s3.head_object(Bucket="somebody-elses", Key="live.jpg")["ETag"].strip('"')
    sqs = cloud.engine.session.client("sqs", endpoint_url=cloud.engine.url)

    sqs.send_message(
        QueueUrl=cloud.outputs["RetryQueueUrl"],
        MessageBody=notification("somebody-elses", "live.jpg", "null"),
    )

    row = table.row_that(
        bool, {"object": "s3://somebody-elses/live.jpg", "version": version}, within=5
    )
    assert not row
