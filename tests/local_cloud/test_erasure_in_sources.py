"""`make forget` and `make delete` on a stack of existing buckets, without a bucket of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import LocalCloud
from local.sam_cli import PROJECT, STACK_NAME
from local.subscriber import Subscriber
from local.uploader import Uploader
from tests.clouds import start_cloud
from tests.local_cloud.table import Table

BUCKETS = ("archive", "imports")
KEY, OUTSIDE = "selfies/live.jpg", "other/live.jpg"


@pytest.fixture(scope="module")
def attached() -> Iterator[LocalCloud]:
    buckets = ",".join(BUCKETS)
    with start_cloud("attached", SourceBuckets=buckets, KeyPrefixes="selfies/") as cloud:
        yield cloud


def operate(cloud: LocalCloud, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "operations", *arguments, "--stack", STACK_NAME],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **cloud.emulator.environment},
        capture_output=True,
        text=True,
        check=False,
    )


def upload(cloud: LocalCloud, bucket: str, selfie: bytes, subject: str) -> dict[str, Any]:
    """Upload under KEY and return what is published about it."""
    version = Uploader(cloud.emulator, bucket).upload(KEY, selfie, subject=subject)
    subscriber = Subscriber(cloud.emulator, cloud.notifications_queue_url)
    for notification in subscriber.notifications(within=30):
        if notification.record["version"] == version:
            return dict(notification.record)
    pytest.fail(f"nothing was published about {KEY} in {bucket}")


def versions(s3: Any, bucket: str) -> set[tuple[str, str]]:
    found = s3.list_object_versions(Bucket=bucket).get("Versions", [])
    return {(each["Key"], each["VersionId"]) for each in found}


def test_a_persons_pictures_are_erased_in_every_source_and_nowhere_else(
    attached: LocalCloud, selfie: bytes
) -> None:
    s3, table = (
        attached.client("s3"),
        Table(attached.emulator, attached.outputs["VerdictsTableName"]),
    )
    anns = [upload(attached, bucket, selfie, "ann") for bucket in BUCKETS]
    bobs = upload(attached, BUCKETS[0], selfie, "bob")
    outside = Uploader(attached.emulator, BUCKETS[0]).upload(OUTSIDE, selfie, subject="ann")

    done = operate(attached, "forget", "--subject", "ann", "--yes")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Erased 2 picture versions and 2 rows.\n")
    assert versions(s3, BUCKETS[0]) == {(KEY, bobs["version"]), (OUTSIDE, outside)}
    assert versions(s3, BUCKETS[1]) == set()
    assert [table.row(each) for each in anns] == [{}, {}]
    assert table.row(bobs)["outcome"] == "live"

    refused = operate(attached, "forget", "--object", f"s3://{BUCKETS[0]}/{OUTSIDE}", "--yes")

    assert refused.returncode == 1
    assert refused.stderr.endswith(
        "name one as s3://archive/selfies/key or s3://imports/selfies/key.\n"
    )


@pytest.mark.slow
def test_the_stack_is_deleted_and_its_sources_keep_everything(
    attached: LocalCloud, selfie: bytes
) -> None:
    s3, rule = attached.client("s3"), f"{STACK_NAME}-uploads"
    for bucket in BUCKETS:
        upload(attached, bucket, selfie, "carol")
    before = {bucket: versions(s3, bucket) for bucket in BUCKETS}
    assert all(before.values())
    assert attached.client("events").describe_rule(Name=rule)["State"] == "ENABLED"

    done = operate(attached, "delete", "--yes", "--settle", "1")

    assert (done.returncode, done.stderr) == (0, "")
    assert f"The EventBridge rule {rule} is disabled.\n" in done.stdout
    for bucket in BUCKETS:
        assert f"  {bucket} with all of its pictures; it goes on sending" in done.stdout
        configuration = s3.get_bucket_notification_configuration(Bucket=bucket)
        assert "EventBridgeConfiguration" in configuration
    assert {bucket: versions(s3, bucket) for bucket in BUCKETS} == before
    with pytest.raises(ClientError, match="ResourceNotFound"):
        attached.client("events").describe_rule(Name=rule)
