"""The values of an upload and their rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from liveness.models import (
    Deadline,
    EraseAfterVerdict,
    Outcome,
    Upload,
    Verdict,
)

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
UPLOAD = Upload("selfies", "ann/1.png", "v1", AT)


def test_every_delivery_of_an_upload_has_the_same_id() -> None:
    assert replace(UPLOAD, size=5, sequencer="00A1").id == UPLOAD.id


def test_versions_keys_and_buckets_distinguish_uploads() -> None:
    others = [
        replace(UPLOAD, version="v2"),
        replace(UPLOAD, key="ann/2.png"),
        replace(UPLOAD, bucket="other"),
        replace(UPLOAD, key="ann/1.png v1", version=""),
    ]

    assert len({UPLOAD.id, *(other.id for other in others)}) == 1 + len(others)


def test_an_etag_is_no_version_id() -> None:
    assert UPLOAD.version_id == "v1"
    unversioned = replace(UPLOAD, version="etag:0cc1")
    assert (unversioned.version, unversioned.version_id) == ("etag:0cc1", None)
    assert unversioned.etag == "0cc1"


def test_a_failed_verdict_has_its_own_id_so_that_a_later_verdict_is_not_taken_for_it() -> None:
    failed = Verdict(UPLOAD, Outcome.FAILED, AT, reason="service_unreachable")

    assert failed.id != replace(failed, outcome=Outcome.LIVE).id
    assert failed.id == replace(failed, decided_at=AT + timedelta(hours=1)).id


def test_a_deadline_has_the_remaining_seconds_and_never_fewer_than_none() -> None:
    deadline = Deadline(at=10.0, clock=lambda: 4.0)

    assert deadline.remaining == 6.0
    assert deadline.minus(2.5).remaining == 3.5
    assert deadline.minus(60.0).remaining == 0.0


@pytest.mark.parametrize(
    ("erase_after_verdict", "outcomes"),
    [
        (EraseAfterVerdict.NEVER, set()),
        (EraseAfterVerdict.LIVE, {Outcome.LIVE}),
        (EraseAfterVerdict.ALWAYS, {Outcome.LIVE, Outcome.NOT_LIVE, Outcome.RETAKE}),
    ],
)
def test_the_image_of_a_failed_upload_is_erased_by_no_setting(
    erase_after_verdict: EraseAfterVerdict, outcomes: set[Outcome]
) -> None:
    assert {each for each in Outcome if erase_after_verdict.includes(each)} == outcomes
