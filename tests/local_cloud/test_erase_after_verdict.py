"""Images that are erased once their verdict is published (EraseAfterVerdict=always)."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from local.cloud import LocalCloud
from local.subscriber import Subscriber
from local.uploader import Uploader
from tests.local_cloud.permissions import role_policies, without_policy

ERASED_WITHIN_SECONDS = 5.0
NOT_ERASED_SECONDS = 2.0


@pytest.fixture
def erasing_uploader(erasing_cloud: LocalCloud) -> Uploader:
    return Uploader(erasing_cloud.emulator, erasing_cloud.upload_bucket)


def is_published(cloud: LocalCloud, version: str) -> bool:
    subscriber = Subscriber(cloud.emulator, cloud.notifications_queue_url)
    return any(each.record["version"] == version for each in subscriber.notifications(within=30))


def exists(cloud: LocalCloud, key: str, version: str) -> bool:
    try:
        cloud.client("s3").head_object(Bucket=cloud.upload_bucket, Key=key, VersionId=version)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchVersion"}:
            raise
        return False
    return True


@pytest.mark.parametrize("key", ["erase/live.jpg", "erase/spoof.jpg", "erase/no-face.jpg"])
def test_an_image_is_erased_once_its_verdict_is_published(
    key: str, erasing_cloud: LocalCloud, erasing_uploader: Uploader, selfie: bytes
) -> None:
    version = erasing_uploader.upload(key, selfie)

    assert is_published(erasing_cloud, version)
    end = time.monotonic() + ERASED_WITHIN_SECONDS
    while exists(erasing_cloud, key, version) and time.monotonic() < end:
        time.sleep(0.05)
    assert not exists(erasing_cloud, key, version)


def test_without_its_permission_an_image_stays(
    erasing_cloud: LocalCloud, erasing_uploader: Uploader, selfie: bytes
) -> None:
    with without_policy(erasing_cloud, "erase-image"):
        version = erasing_uploader.upload("erase/live-stays.jpg", selfie)

        assert is_published(erasing_cloud, version)
        time.sleep(NOT_ERASED_SECONDS)
        assert exists(erasing_cloud, "erase/live-stays.jpg", version)


def test_the_permission_exists_only_where_images_are_erased(
    cloud: LocalCloud, erasing_cloud: LocalCloud
) -> None:
    assert "erase-image" in role_policies(erasing_cloud)
    assert "erase-image" not in role_policies(cloud)
