"""Uploads, from the bucket to the published notification."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from liveness.credentials import TencentCredentials
from local.cloud import LocalCloud, put_credentials
from local.detectliveface.request_log import CallCounts
from local.sam_cli import PROJECT
from local.sample_images import SampleImage
from local.uploader import Uploader
from tests.faults.uploads import unique_jpeg
from tests.local_cloud.conftest import WaitForNotification
from tests.local_cloud.polling import wait_until
from tests.local_cloud.sample_events import s3_event
from tests.local_cloud.table import Table

SCHEMA = json.loads((PROJECT / "events" / "notification.schema.json").read_text())

type CountCalls = Callable[[str], CallCounts | None]


@pytest.fixture
def count_calls(cloud: LocalCloud) -> CountCalls:
    """What the fake counted for one object."""

    def count(key: str) -> CallCounts | None:
        bucket = cloud.upload_bucket
        return cloud.detectliveface.control.calls().pictures.get(f"/{bucket}/{key}")

    return count


def test_each_image_of_the_demo_gets_its_documented_verdict(
    uploader: Uploader,
    sample_images: dict[str, SampleImage],
    wait_for_notification: WaitForNotification,
    table: Table,
) -> None:
    validator = Draft202012Validator(SCHEMA)
    for image in sample_images.values():
        version = uploader.upload(image.key, image.path.read_bytes(), subject="ann")

        record = wait_for_notification(version).record

        validator.validate(record)
        assert (record["outcome"], record.get("reason")) == (image.outcome, image.reason)
        assert record["object"] == f"s3://{uploader.bucket}/{image.key}"
        assert record["subject"] == "ann"
        row = dict(table.wait_for_row(lambda row: "published_at" in row, record, within=5))
        assert row.pop("published_at") >= record["decided_at"]
        assert row.pop("expires_at")
        # All empty files are equal: they have no digest.
        assert ("picture_digest" in row) == (record.get("reason") != "empty_file")
        row.pop("picture_digest", None)
        assert row | {"schema_version": record["schema_version"]} == record


def test_subscribers_can_filter_by_outcome_bucket_reason_and_model(
    uploader: Uploader, wait_for_notification: WaitForNotification
) -> None:
    # Pictures of their own: nobody has used them before.
    live = wait_for_notification(uploader.upload("filter/live.jpg", unique_jpeg("filter live")))
    retake = wait_for_notification(
        uploader.upload("filter/no-face.jpg", unique_jpeg("filter retake"))
    )

    assert live.attributes == {
        "outcome": "live", "bucket": uploader.bucket, "face_model_version": "3.0",
    }  # fmt: skip
    assert retake.attributes == {
        "outcome": "retake", "bucket": uploader.bucket, "reason": "no_face",
    }  # fmt: skip


def test_verdicts_are_found_by_subject_and_by_outcome(
    uploader: Uploader, selfie: bytes, wait_for_notification: WaitForNotification, table: Table
) -> None:
    bob = wait_for_notification(uploader.upload("index/spoof.jpg", selfie, subject="bob")).record
    unnamed = wait_for_notification(uploader.upload("index/spoof-2.jpg", selfie)).record

    assert [row["id"] for row in table.query("by_subject", subject="bob")] == [bob["id"]]
    not_live = {row["id"] for row in table.query("by_outcome", outcome="not_live")}
    assert {bob["id"], unnamed["id"]} <= not_live
    assert "subject" not in unnamed


def test_each_version_of_a_key_gets_a_verdict_of_its_own(
    uploader: Uploader, selfie: bytes, wait_for_notification: WaitForNotification, table: Table
) -> None:
    first = wait_for_notification(uploader.upload("again/live.jpg", selfie)).record
    second = wait_for_notification(uploader.upload("again/live.jpg", b"not an image")).record

    assert (first["outcome"], second["outcome"]) == ("live", "retake")
    assert table.row(first)["outcome"] == "live"


def test_a_rejected_image_costs_no_call_and_any_other_exactly_one(
    uploader: Uploader,
    selfie: bytes,
    wait_for_notification: WaitForNotification,
    count_calls: CountCalls,
) -> None:
    wait_for_notification(uploader.upload("cost/live.jpg", selfie))
    wait_for_notification(uploader.upload("cost/live.txt", b"words"))

    detected = count_calls("cost/live.jpg")
    assert detected is not None
    assert (detected.calls, detected.billed) == (1, 1)
    assert count_calls("cost/live.txt") is None


def test_a_duplicate_event_costs_no_second_call(
    cloud: LocalCloud,
    uploader: Uploader,
    selfie: bytes,
    wait_for_notification: WaitForNotification,
    count_calls: CountCalls,
) -> None:
    version = uploader.upload("twice/live.jpg", selfie)
    wait_for_notification(version)

    response = cloud.client("lambda").invoke(
        FunctionName=cloud.outputs["CheckLivenessFunctionName"],
        Payload=s3_event(uploader.bucket, "twice/live.jpg", version),
    )

    assert "FunctionError" not in response
    detected = count_calls("twice/live.jpg")
    assert detected is not None
    assert detected.calls == 1


def test_a_rotated_secret_is_fetched_again_and_no_upload_fails(
    cloud: LocalCloud,
    uploader: Uploader,
    selfie: bytes,
    wait_for_notification: WaitForNotification,
) -> None:
    wait_for_notification(uploader.upload("rotation/live-before.jpg", selfie))

    renewed = TencentCredentials("FAKEIDRENEWED", "fakekeyrenewed")
    secret_arn = cloud.outputs["TencentSecretArn"]
    put_credentials(cloud.emulator, secret_arn, renewed)
    cloud.detectliveface.control.set_credentials(renewed)
    try:
        after = wait_for_notification(uploader.upload("rotation/live-after.jpg", selfie))
    finally:
        cloud.detectliveface.control.set_credentials(cloud.credentials)
        put_credentials(cloud.emulator, secret_arn, cloud.credentials)

    assert after.record["outcome"] == "live"


def test_no_credential_reaches_a_log_a_message_or_the_table(
    cloud: LocalCloud,
    uploader: Uploader,
    selfie: bytes,
    wait_for_notification: WaitForNotification,
    table: Table,
) -> None:
    record = wait_for_notification(uploader.upload("silent/live.jpg", selfie)).record
    uploader.upload("silent/error-ResourceUnavailable.InArrears.jpg", selfie)
    wait_until(lambda: "ResourceUnavailable.InArrears" in Path(cloud.emulator.log).read_text())
    logs = Path(cloud.emulator.log).read_text() + Path(cloud.detectliveface.log).read_text()
    published = json.dumps([record, str(table.row(record))])

    for secret in ("X-Amz-Signature", "X-Amz-Credential", cloud.credentials.secret_key):
        assert secret not in logs
        assert secret not in published
    assert cloud.credentials.secret_id not in published
