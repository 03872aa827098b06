"""Pictures that go as soon as their verdict is announced, in a cloud that was told to."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import LocalCloud, local_cloud
from local.phone import Phone
from local.subscriber import Subscriber
from tests.local_cloud.test_permissions import without

GONE_WITHIN_SECONDS = 5.0
STAYS_SECONDS = 2.0


@pytest.fixture(scope="module")
def erasing() -> Iterator[LocalCloud]:
    name = f"{os.environ.get('LIVENESS_TEST_CLOUD', 'tests')}-erasing"
    with local_cloud(name, EraseAfterVerdict="always") as running:
        yield running


@pytest.fixture
def erasing_phone(erasing: LocalCloud) -> Phone:
    return Phone(erasing.engine, erasing.outputs["UploadBucketName"])


def announced(cloud: LocalCloud, version: str) -> bool:
    subscriber = Subscriber(cloud.engine, cloud.announcements_queue_url)
    return any(each.facts["version"] == version for each in subscriber.announcements(within=30))


def is_there(cloud: LocalCloud, key: str, version: str) -> bool:
    s3: Any = cloud.engine.session.client("s3", endpoint_url=cloud.engine.url)
    try:
        s3.head_object(Bucket=cloud.outputs["UploadBucketName"], Key=key, VersionId=version)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchVersion"}:
            raise
        return False
    return True


@pytest.mark.parametrize("key", ["erase/live.jpg", "erase/spoof.jpg", "erase/no-face.jpg"])
def test_a_picture_is_gone_once_its_verdict_was_announced(
    key: str, erasing: LocalCloud, erasing_phone: Phone, selfie: bytes
) -> None:
    version = erasing_phone.upload(key, selfie)

    assert announced(erasing, version)
    end = time.monotonic() + GONE_WITHIN_SECONDS
    while is_there(erasing, key, version) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_there(erasing, key, version)


def test_without_its_permission_a_picture_stays(
    erasing: LocalCloud, erasing_phone: Phone, selfie: bytes
) -> None:
    with without(erasing, "erase-the-picture"):
        version = erasing_phone.upload("erase/live-stays.jpg", selfie)

        assert announced(erasing, version)
        time.sleep(STAYS_SECONDS)
        assert is_there(erasing, "erase/live-stays.jpg", version)


def test_the_permission_exists_only_where_pictures_are_erased(
    cloud: LocalCloud, erasing: LocalCloud
) -> None:
    def policies(of: LocalCloud) -> list[str]:
        iam: Any = of.engine.session.client("iam", endpoint_url=of.engine.url)
        functions = of.engine.session.client("lambda", endpoint_url=of.engine.url)
        name = of.outputs["CheckLivenessFunctionName"]
        role = functions.get_function(FunctionName=name)["Configuration"]["Role"]
        names: list[str] = iam.list_role_policies(RoleName=role.rpartition("/")[2])["PolicyNames"]
        return names

    assert "erase-the-picture" in policies(erasing)
    assert "erase-the-picture" not in policies(cloud)
