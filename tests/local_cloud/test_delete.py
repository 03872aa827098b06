"""`make delete`, as an operator runs it, on a stack of its own whose bucket is full."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import LocalCloud
from local.phone import Phone
from local.sam_cli import PROJECT, STACK_NAME
from local.uploader import Uploader
from tests.clouds import start_cloud
from tests.local_cloud.polling import wait_until
from tests.local_cloud.queues import Queue, event_source_disabled
from tests.local_cloud.table import Table

# Keys that S3 accepts, the last of which the XML of DeleteObjects cannot carry.
KEYS = ("a.jpg", "a$b %2e\u202e\U0001f642?versionId=1#&<>.jpg", "tab\tdel\x7f.jpg")

# docs/app.md: what an app repeats later.
REPEATED_BY_APPS = {429, 500, 502, 503, 504}


@pytest.fixture(scope="module")
def doomed() -> Iterator[LocalCloud]:
    with start_cloud("doomed", UploadApi="on") as cloud:
        yield cloud


def delete(
    cloud: LocalCloud, *arguments: str, answer: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "operations", "delete", "--stack", STACK_NAME, *arguments],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **cloud.variables()},
        input=answer,
        capture_output=True,
        text=True,
        check=False,
    )


def fill(s3: Any, bucket: str, selfie: bytes) -> None:
    """Two versions and a delete marker of each key, and an unfinished upload."""
    for key in KEYS:
        for _ in range(2):
            s3.put_object(Bucket=bucket, Key=key, Body=selfie)
        s3.delete_object(Bucket=bucket, Key=key)
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="b.jpg")["UploadId"]
    part = {"Bucket": bucket, "Key": "b.jpg", "UploadId": upload_id, "PartNumber": 1}
    s3.upload_part(**part, Body=selfie)


@pytest.mark.slow
def test_a_full_stack_is_deleted_after_its_retries_and_can_be_interrupted(
    doomed: LocalCloud, selfie: bytes
) -> None:
    s3, bucket = doomed.client("s3"), doomed.outputs["UploadBucketName"]
    table = Table(doomed.emulator, doomed.outputs["VerdictsTableName"])
    retry_queue = Queue(doomed.emulator, doomed.outputs["RetryQueueUrl"])
    Uploader(doomed.emulator, bucket).upload("live.jpg", selfie)
    wait_until(lambda: bool(table.query("by_outcome", outcome="live")), what="a verdict")
    fill(s3, bucket, selfie)
    wait_until(retry_queue.is_empty, what="RetryQueue is empty")
    Queue(doomed.emulator, doomed.outputs["FailedUploadsQueueUrl"]).send("a", "b")

    refused = delete(doomed, answer=f"{STACK_NAME}\n")

    assert refused.returncode == 1
    assert "  2 messages in FailedUploads" in refused.stdout
    assert refused.stderr.startswith("Nothing was deleted: there is no terminal to confirm it.")
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"]

    with event_source_disabled(doomed):
        retry_queue.send("a message that nobody takes")
        stopped = delete(doomed, "--yes", "--wait", "0", "--settle", "0")

        assert stopped.returncode == 1
        assert "  RetryQueue: 1 visible, 0 in flight or delayed\n" in stopped.stdout
        assert f"{STACK_NAME}-retry still has 1 message after 0 minutes." in stopped.stderr
        assert "Run `make delete` again" in stopped.stderr
        assert stopped.stderr.count("\n") == 1
        retry_queue.purge()
    configuration = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert "LambdaFunctionConfigurations" not in configuration
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 7
    assert doomed.upload_api
    phone = Phone(doomed.upload_api.url, doomed.upload_api.token())
    assert phone.start(1).status_code in REPEATED_BY_APPS

    done = delete(doomed, "--yes", "--settle", "1")

    assert (done.returncode, done.stderr) == (0, "")
    assert f"  {bucket}: deleted 11 items\n" in done.stdout
    name = doomed.outputs["VerdictsTableName"]
    assert f"`aws dynamodb delete-table --table-name {name}`" in done.stdout
    assert doomed.client("dynamodb").list_tables()["TableNames"] == [name]
    assert done.stdout.count("`aws s3 rm s3://") == 8  # functions and layers, before and after
    with pytest.raises(ClientError, match="does not exist"):
        doomed.client("cloudformation").describe_stacks(StackName=STACK_NAME)
    # The emulator deletes a bucket that is not empty, and has its content again after that.
    s3.create_bucket(Bucket=bucket)
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert table.query("by_outcome", outcome="live")
    again = delete(doomed, "--yes")
    assert again.stderr.startswith(f"The stack '{STACK_NAME}' cannot be read")
