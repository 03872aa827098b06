"""Changes of a bucket's configuration, as its owner makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.cloud import LocalCloud


@contextmanager
def suspended_versioning(s3: Any, bucket: str) -> Iterator[None]:
    """Suspend the bucket's versioning until the end of the block."""

    def set_status(status: str) -> None:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    set_status("Suspended")
    try:
        yield
    finally:
        set_status("Enabled")


@contextmanager
def without_bucket_notifications(cloud: LocalCloud) -> Iterator[None]:
    """Send no events of uploads until the end of the block."""
    s3, bucket = cloud.client("s3"), cloud.outputs["UploadBucketName"]
    response = s3.get_bucket_notification_configuration(Bucket=bucket)
    before = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        yield
    finally:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=before)
