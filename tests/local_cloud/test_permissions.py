"""Every permission of the function is needed: without it some upload is not processed to its end.

Only what the emulator enforces can be shown here; every policy of the role is in one of the lists.
"""

from __future__ import annotations

import pytest

from local.cloud import LocalCloud
from local.uploader import Uploader
from tests.local_cloud.buckets import suspended_versioning
from tests.local_cloud.conftest import WaitForNotification
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.permissions import function_role, role_policies, without_policy
from tests.local_cloud.polling import wait_until
from tests.local_cloud.queues import Queue, reason_of
from tests.local_cloud.settings import SHORT_SCHEDULE, function_settings
from tests.local_cloud.table import Table

ENFORCED = [
    "read-image-version",
    "acquire-lease-and-save-verdict",
    "mark-published",
    "publish-verdict",
    "read-tencent-secret",
    "read-digest-key",
    "find-other-uses-of-a-picture",
]
WITHOUT_VERSION = "read-image-without-version"
DEAD_LETTER = "dead-letter"
CHECK_FAILED = "check-verdict-before-failed"
# Without it, messages are redelivered late: test_retries.py shows it.
ENFORCED_ELSEWHERE = ["delay-redelivery"]
# The emulator writes logs, polls the queue and sends failed events to it with its own permissions,
# has no X-Ray, and does not hide from anybody whether an object is missing or forbidden.
NOT_ENFORCED = [
    "write-logs",
    "write-traces",
    "send-to-retry-queue",
    "consume-retry-queue",
    "list-bucket-to-distinguish-missing-from-forbidden",
]
NOT_PUBLISHED_SECONDS = 3.0
# On a busy machine the emulator is slow, and a first attempt that fails is redelivered.
PROCESSED_WITHIN_SECONDS = 120.0
DEAD_LETTERING_FAILED = "dead-lettering failed"


@pytest.mark.parametrize("policy", ENFORCED)
def test_without_this_permission_an_upload_is_not_published(
    policy: str, cloud: LocalCloud, uploader: Uploader, selfie: bytes, table: Table
) -> None:
    key = f"permissions/live-{policy}.jpg"
    with without_policy(cloud, policy):
        version = uploader.upload(key, selfie)
        row = table.wait_for_row(
            lambda row: "published_at" in row,
            {"object": f"s3://{uploader.bucket}/{key}", "version": version},
            within=NOT_PUBLISHED_SECONDS,
        )

    assert "published_at" not in row


def test_without_its_permission_an_upload_without_a_version_gets_no_verdict(
    cloud: LocalCloud, uploader: Uploader, selfie: bytes, table: Table
) -> None:
    s3 = cloud.client("s3")
    with without_policy(cloud, WITHOUT_VERSION), suspended_versioning(s3, uploader.bucket):
        etag = s3.put_object(Bucket=uploader.bucket, Key="permissions/live", Body=selfie)["ETag"]
        key = {
            "object": f"s3://{uploader.bucket}/permissions/live",
            "version": f"etag:{etag[1:-1]}",
        }
        (error, *_) = FunctionLog(cloud).wait_for_errors(
            "permissions/live", bool, within=PROCESSED_WITHIN_SECONDS
        )
        row = table.wait_for_row(lambda row: "outcome" in row, key, within=NOT_PUBLISHED_SECONDS)

    assert error["error"].startswith("s3: ")
    assert "outcome" not in row


def test_without_its_permission_a_message_is_not_dead_lettered_and_stays_in_retry_queue(
    cloud: LocalCloud,
) -> None:
    failed = Queue(cloud.emulator, cloud.outputs["FailedUploadsQueueUrl"])
    retry = Queue(cloud.emulator, cloud.outputs["RetryQueueUrl"])
    failed.purge()
    log = FunctionLog(cloud)
    with function_settings(cloud, RETRY_MAX_ATTEMPTS="1", **SHORT_SCHEDULE):
        with without_policy(cloud, DEAD_LETTER):
            retry.send("not an upload")
            wait_until(
                lambda: DEAD_LETTERING_FAILED in log.messages(),
                within=PROCESSED_WITHIN_SECONDS,
                what="a dead-lettering that failed",
            )
            without_permission = failed.visible()
        failed.wait_until_visible(bool, within=PROCESSED_WITHIN_SECONDS)

    assert without_permission == 0
    assert [reason_of(message) for message in failed.receive_all()] == ["unknown_event"]


def test_without_its_permission_a_failed_upload_is_saved_and_not_published(
    cloud: LocalCloud, uploader: Uploader, selfie: bytes, table: Table
) -> None:
    key = "permissions/error-InternalError.jpg"
    with (
        function_settings(cloud, RETRY_MAX_ATTEMPTS="1", **SHORT_SCHEDULE),
        without_policy(cloud, CHECK_FAILED),
    ):
        version = uploader.upload(key, selfie)
        item = {"object": f"s3://{uploader.bucket}/{key}", "version": version}
        saved = table.wait_for_row(
            lambda row: "outcome" in row, item, within=PROCESSED_WITHIN_SECONDS
        )
        row = table.wait_for_row(
            lambda row: "published_at" in row, item, within=NOT_PUBLISHED_SECONDS
        )

    assert saved["outcome"] == "failed"
    assert "published_at" not in row


def test_with_all_permissions_an_upload_is_published(
    uploader: Uploader, selfie: bytes, wait_for_notification: WaitForNotification, table: Table
) -> None:
    record = wait_for_notification(uploader.upload("permissions/live.jpg", selfie)).record

    assert table.wait_for_row(
        lambda row: "published_at" in row, record, within=NOT_PUBLISHED_SECONDS
    )["published_at"]


def test_every_policy_of_the_role_is_in_one_of_the_lists(cloud: LocalCloud) -> None:
    assert set(role_policies(cloud)) == {
        *ENFORCED,
        WITHOUT_VERSION,
        DEAD_LETTER,
        CHECK_FAILED,
        *ENFORCED_ELSEWHERE,
        *NOT_ENFORCED,
    }
    attached = cloud.client("iam").list_attached_role_policies(RoleName=function_role(cloud))
    assert attached["AttachedPolicies"] == []
