"""A picture that was used before is found again, through the bucket and by a subscription."""

from __future__ import annotations

import json
from typing import Any

from local.cloud import LocalCloud, subscribe_queue
from local.subscriber import Subscriber
from local.uploader import Uploader
from tests.faults.uploads import unique_jpeg
from tests.local_cloud.conftest import WaitForNotification
from tests.local_cloud.settings import function_settings
from tests.local_cloud.table import Table

WITHIN_SECONDS = 30.0
LISTENING_SECONDS = 5.0


def row_of(table: Table, record: dict[str, Any]) -> dict[str, Any]:
    return dict(
        table.wait_for_row(lambda row: "published_at" in row, record, within=WITHIN_SECONDS)
    )


def test_the_same_bytes_of_a_second_subject_reach_a_subscriber_who_filters_by_reuse(
    cloud: LocalCloud, uploader: Uploader, wait_for_notification: WaitForNotification, table: Table
) -> None:
    picture = unique_jpeg("the same for two subjects")
    filter_policy = json.dumps({"reuse": ["other_subject"]})
    topic = cloud.outputs["VerdictsTopicArn"]
    url = subscribe_queue(cloud.emulator, topic, "reused-pictures", FilterPolicy=filter_policy)

    of_ann = wait_for_notification(uploader.upload("replay/live-1.jpg", picture, subject="ann"))
    again = wait_for_notification(uploader.upload("replay/live-2.jpg", picture, subject="ann"))
    of_bob = wait_for_notification(uploader.upload("replay/live-3.jpg", picture, subject="bob"))
    heard = list(Subscriber(cloud.emulator, url).notifications(within=LISTENING_SECONDS))

    # Whatever else is published by now, these are about this test.
    ours = {each.record["version"] for each in (of_ann, again, of_bob)}
    received = [each.record for each in heard if each.record["version"] in ours]
    assert received == [of_bob.record]
    assert of_bob.record["reuse"] == of_bob.attributes["reuse"] == "other_subject"
    assert of_bob.record["outcome"] == "live"
    assert "reuse" not in of_ann.record
    assert "reuse" not in again.record
    rows = [row_of(table, dict(each.record)) for each in (of_ann, again, of_bob)]
    assert len({row["picture_digest"] for row in rows}) == 1
    assert rows[0]["picture_digest"] not in json.dumps(dict(of_bob.record))


def test_a_picture_that_was_not_live_is_a_reuse_when_it_comes_again(
    uploader: Uploader, wait_for_notification: WaitForNotification
) -> None:
    picture = unique_jpeg("tried again")

    first = wait_for_notification(uploader.upload("replay/spoof.jpg", picture, subject="ann"))
    second = wait_for_notification(uploader.upload("replay/live.jpg", picture, subject="ann"))

    assert (first.record["outcome"], first.record.get("reuse")) == ("not_live", None)
    assert (second.record["outcome"], second.record["reuse"]) == ("live", "after_not_live")


def test_a_reused_picture_is_refused_where_the_policy_says_so(
    cloud: LocalCloud, uploader: Uploader, wait_for_notification: WaitForNotification
) -> None:
    picture = unique_jpeg("refused")
    with function_settings(cloud, REUSE_POLICY="refuse"):
        wait_for_notification(uploader.upload("replay/live-ann.jpg", picture, subject="ann"))
        bob = uploader.upload("replay/live-bob.jpg", picture, subject="bob")
        record = wait_for_notification(bob).record

    assert (record["outcome"], record["reason"]) == ("retake", "picture_reused")
    assert record["advice"] == "This picture was used before. Please take a new one."
    assert record["reuse"] == "other_subject"


def test_a_consent_id_comes_back_with_the_verdict(
    cloud: LocalCloud, wait_for_notification: WaitForNotification, table: Table
) -> None:
    version = cloud.client("s3").put_object(
        Bucket=cloud.upload_bucket,
        Key="replay/live-consent.jpg",
        Body=unique_jpeg("with a consent"),
        Metadata={"subject": "ann", "consent-id": "terms-2026-11"},
    )["VersionId"]

    record = dict(wait_for_notification(version).record)

    assert record["consent_id"] == row_of(table, record)["consent_id"] == "terms-2026-11"
