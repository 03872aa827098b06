"""`make forget` and what is not stored yet: messages that wait, and parts of pictures."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from local.cloud import LocalCloud
from local.sam_cli import PROJECT
from tests.local_cloud.polling import wait_until
from tests.local_cloud.queues import Queue, event_source_disabled
from tests.local_cloud.sample_events import s3_event
from tests.local_cloud.stored_data import Forget, Stored, empty_queues, forget, s3, stored

__all__ = ["empty_queues", "forget", "s3", "stored"]


@pytest.fixture
def retry_queue(cloud: LocalCloud) -> Iterator[Queue]:
    """The queue, empty; nothing in it is processed until the end of the test."""
    queue = Queue(cloud.emulator, cloud.outputs["RetryQueueUrl"])
    with event_source_disabled(cloud):
        queue.purge()
        yield queue


@pytest.fixture
def failed_uploads(cloud: LocalCloud) -> Queue:
    """The queue, empty."""
    queue = Queue(cloud.emulator, cloud.outputs["FailedUploadsQueueUrl"])
    queue.purge()
    return queue


def test_an_upload_whose_message_waits_is_not_decided_again_after_it_was_forgotten(
    cloud: LocalCloud, stored: Stored, failed_uploads: Queue, forget: Forget
) -> None:
    retry_queue = Queue(cloud.emulator, cloud.outputs["RetryQueueUrl"])
    with event_source_disabled(cloud):
        retry_queue.purge()
        ann, bob = stored.upload("forget/waits.jpg", "ann-waits"), stored.upload("forget/bob.jpg")
        for queue in (retry_queue, failed_uploads):
            queue.send(s3_event(stored.bucket, "forget/waits.jpg", ann["version"]))
            queue.send(s3_event(stored.bucket, "forget/bob.jpg", bob["version"]))

        done = forget("--subject", "ann-waits", "--yes")

        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith("Erased 2 messages, 1 picture version and 1 row.\n")
        assert (retry_queue.visible(), failed_uploads.visible()) == (1, 1)
    wait_until(retry_queue.is_empty, what="RetryQueue is empty")
    assert stored.rows(ann, bob) == [None, "live"]


def test_while_a_message_is_in_flight_nothing_is_erased_unless_that_is_ignored(
    stored: Stored, retry_queue: Queue, failed_uploads: Queue, forget: Forget
) -> None:
    record = stored.upload("forget/in-flight.jpg")
    retry_queue.send(s3_event(stored.bucket, "forget/in-flight.jpg", record["version"]))
    retry_queue.sqs.receive_message(QueueUrl=retry_queue.url, VisibilityTimeout=60)

    refused = forget("--object", record["object"], "--yes", "--wait", "0")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("RetryQueue has 1 message in flight or delayed, so that")
    assert refused.stderr.count("\n") == 1
    assert stored.rows(record) == ["live"]

    done = forget("--object", record["object"], "--yes", "--ignore-in-flight")

    assert done.stdout.endswith("Erased 1 picture version and 1 row.\n")
    retry_queue.purge()


def test_parts_of_an_unfinished_upload_are_erased(
    stored: Stored, retry_queue: Queue, failed_uploads: Queue, forget: Forget
) -> None:
    names = {"Bucket": stored.bucket, "Key": "forget/parts.jpg"}
    upload_id = stored.s3.create_multipart_upload(**names)["UploadId"]
    stored.s3.upload_part(**names, UploadId=upload_id, PartNumber=1, Body=stored.selfie)
    other = stored.s3.create_multipart_upload(Bucket=stored.bucket, Key="forget/parts.jpg.bob")

    done = forget("--object", f"s3://{stored.bucket}/forget/parts.jpg", "--yes")

    assert done.stdout.endswith("Erased 1 unfinished upload.\n")
    (left,) = stored.s3.list_multipart_uploads(Bucket=stored.bucket)["Uploads"]
    assert left["UploadId"] == other["UploadId"]
    stored.s3.abort_multipart_upload(
        Bucket=stored.bucket, Key="forget/parts.jpg.bob", UploadId=left["UploadId"]
    )


def test_make_forgets_the_object_whose_name_it_was_given_and_no_other(
    cloud: LocalCloud, stored: Stored, retry_queue: Queue, failed_uploads: Queue
) -> None:
    named, other = stored.upload("forget/a$b.jpg"), stored.upload("forget/a.jpg")

    done = subprocess.run(
        ["make", "forget", f"OBJECT={named['object']}", "ARGS=--yes"],  # noqa: S607  # as typed
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **cloud.variables()},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert stored.rows(named, other) == [None, "live"]
    assert stored.versions("forget/a.jpg") == {other["version"]}
