"""Uploads, from the bucket to the announcement."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from liveness.tencent.signing import Credentials
from local.cloud import LocalCloud, fill_secret
from local.detectliveface.journal import Count
from local.phone import Phone
from local.pictures import DemoPicture
from local.stack import PROJECT
from local.subscriber import Announcement
from tests.local_cloud.table import Table

SCHEMA = json.loads((PROJECT / "events" / "announcement.schema.json").read_text())


@pytest.fixture
def journal(cloud: LocalCloud) -> Callable[[str], Count | None]:
    """What the stand-in counted for one object."""

    def count(key: str) -> Count | None:
        bucket = cloud.outputs["UploadBucketName"]
        return cloud.detectliveface.control.calls().pictures.get(f"/{bucket}/{key}")

    return count


def test_every_picture_of_the_demo_gets_the_answer_that_it_is_made_for(
    phone: Phone,
    pictures: dict[str, DemoPicture],
    answer_to: Callable[[str], Announcement],
    table: Table,
) -> None:
    validator = Draft202012Validator(SCHEMA)
    for picture in pictures.values():
        version = phone.upload(picture.key, picture.path.read_bytes(), subject="ann")

        announcement = answer_to(version)

        facts = announcement.facts
        validator.validate(facts)
        assert (facts["outcome"], facts.get("reason")) == (picture.outcome, picture.reason)
        assert facts["object"] == f"s3://{phone.bucket}/{picture.key}"
        assert facts["subject"] == "ann"
        row = dict(table.row_that(lambda row: "announced_at" in row, facts, within=5))
        assert row.pop("announced_at") >= facts["decided_at"]
        assert row.pop("expires_at")
        assert row | {"schema_version": facts["schema_version"]} == facts


def test_a_message_can_be_filtered_on_by_outcome_bucket_reason_and_model(
    phone: Phone, selfie: bytes, answer_to: Callable[[str], Announcement]
) -> None:
    live = answer_to(phone.upload("filter/live.jpg", selfie))
    retake = answer_to(phone.upload("filter/no-face.jpg", selfie))

    assert live.attributes == {
        "outcome": "live", "bucket": phone.bucket, "face_model_version": "3.0",
    }  # fmt: skip
    assert retake.attributes == {
        "outcome": "retake", "bucket": phone.bucket, "reason": "no_face",
    }  # fmt: skip


def test_verdicts_are_found_by_subject_and_by_outcome(
    phone: Phone, selfie: bytes, answer_to: Callable[[str], Announcement], table: Table
) -> None:
    told = answer_to(phone.upload("index/spoof.jpg", selfie, subject="bob")).facts
    unnamed = answer_to(phone.upload("index/spoof-2.jpg", selfie)).facts

    assert [row["id"] for row in table.query("by_subject", subject="bob")] == [told["id"]]
    not_live = {row["id"] for row in table.query("by_outcome", outcome="not_live")}
    assert {told["id"], unnamed["id"]} <= not_live
    assert "subject" not in unnamed


def test_each_version_of_a_key_gets_a_verdict_of_its_own(
    phone: Phone, selfie: bytes, answer_to: Callable[[str], Announcement], table: Table
) -> None:
    first = answer_to(phone.upload("again/live.jpg", selfie)).facts
    second = answer_to(phone.upload("again/live.jpg", b"no picture at all")).facts

    assert (first["outcome"], second["outcome"]) == ("live", "retake")
    assert table.row(first)["outcome"] == "live"


def test_a_refused_picture_costs_no_call_and_a_judged_one_exactly_one(
    phone: Phone,
    selfie: bytes,
    answer_to: Callable[[str], Announcement],
    journal: Callable[[str], Count | None],
) -> None:
    answer_to(phone.upload("cost/live.jpg", selfie))
    answer_to(phone.upload("cost/live.txt", b"words"))

    judged = journal("cost/live.jpg")
    assert judged is not None
    assert (judged.calls, judged.billed) == (1, 1)
    assert journal("cost/live.txt") is None


def test_an_event_that_comes_twice_is_answered_once(
    cloud: LocalCloud,
    phone: Phone,
    selfie: bytes,
    answer_to: Callable[[str], Announcement],
    journal: Callable[[str], Count | None],
) -> None:
    version = phone.upload("twice/live.jpg", selfie)
    answer_to(version)
    event = json.loads((PROJECT / "events" / "s3-object-created.json").read_text())
    s3 = event["Records"][0]["s3"]
    s3["bucket"]["name"] = phone.bucket
    s3["object"] |= {"key": "twice/live.jpg", "versionId": version}

    functions = cloud.engine.session.client("lambda", endpoint_url=cloud.engine.url)
    done = functions.invoke(
        FunctionName=cloud.outputs["CheckLivenessFunctionName"], Payload=json.dumps(event)
    )

    assert "FunctionError" not in done
    judged = journal("twice/live.jpg")
    assert judged is not None
    assert judged.calls == 1


def test_a_rotated_secret_is_fetched_anew_and_no_upload_fails(
    cloud: LocalCloud, phone: Phone, selfie: bytes, answer_to: Callable[[str], Announcement]
) -> None:
    answer_to(phone.upload("rotation/live-before.jpg", selfie))

    renewed = Credentials("FAKEIDRENEWED", "fakekeyrenewed")
    secret_arn = cloud.outputs["TencentSecretArn"]
    fill_secret(cloud.engine, secret_arn, renewed)
    cloud.detectliveface.control.set_credentials(renewed)
    try:
        after = answer_to(phone.upload("rotation/live-after.jpg", selfie))
    finally:
        cloud.detectliveface.control.set_credentials(cloud.credentials)
        fill_secret(cloud.engine, secret_arn, cloud.credentials)

    assert after.facts["outcome"] == "live"


def test_no_credential_reaches_a_log_a_message_or_the_table(
    cloud: LocalCloud,
    phone: Phone,
    selfie: bytes,
    answer_to: Callable[[str], Announcement],
    table: Table,
) -> None:
    announcement = answer_to(phone.upload("silent/live.jpg", selfie))
    phone.upload("silent/error-ResourceUnavailable.InArrears.jpg", selfie)
    _wait_until(lambda: "ResourceUnavailable.InArrears" in Path(cloud.engine.log).read_text())
    written = Path(cloud.engine.log).read_text() + Path(cloud.detectliveface.log).read_text()
    told = json.dumps([announcement.facts, str(table.row(announcement.facts))])

    for secret in ("X-Amz-Signature", "X-Amz-Credential", cloud.credentials.secret_key):
        assert secret not in written
        assert secret not in told
    assert cloud.credentials.secret_id not in told


def _wait_until(holds: Callable[[], bool], within: float = 30.0) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
