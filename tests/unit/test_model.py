"""Values and their rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from liveness.model import Deadline, Outcome, Upload, Verdict, as_text

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
UPLOAD = Upload("selfies", "ann/1.png", "v1", AT)


def test_every_delivery_of_one_upload_has_the_same_id() -> None:
    assert replace(UPLOAD, size=5, sequencer="00A1").id == UPLOAD.id


def test_versions_keys_and_buckets_part_uploads() -> None:
    others = [
        replace(UPLOAD, version="v2"),
        replace(UPLOAD, key="ann/2.png"),
        replace(UPLOAD, bucket="other"),
        replace(UPLOAD, key="ann/1.png v1", version=""),
    ]

    assert len({UPLOAD.id, *(other.id for other in others)}) == 1 + len(others)


def test_an_etag_is_no_version_id() -> None:
    assert UPLOAD.version_id == "v1"
    assert replace(UPLOAD, version="etag:0cc1").version_id is None


def test_a_failure_has_an_id_of_its_own_so_that_a_later_verdict_is_heard() -> None:
    failed = Verdict(UPLOAD, Outcome.FAILED, AT, reason="service_unreachable")

    assert failed.id != replace(failed, outcome=Outcome.LIVE).id
    assert failed.id == replace(failed, decided_at=AT + timedelta(hours=1)).id


def test_facts_leave_out_what_means_nothing() -> None:
    facts = Verdict(UPLOAD, Outcome.RETAKE, AT, reason="empty_file", advice="Again.").facts()

    assert set(facts) == {
        "object", "version", "id", "outcome", "reason", "advice", "uploaded_at", "decided_at",
    }  # fmt: skip


def test_moments_are_told_in_utc_with_milliseconds() -> None:
    there = datetime(2026, 11, 23, 13, 0, 0, 5000, tzinfo=timezone(timedelta(hours=1)))

    assert as_text(there) == "2026-11-23T12:00:00.005Z"


def test_a_deadline_tells_what_is_left_and_never_less_than_nothing() -> None:
    deadline = Deadline(at=10.0, clock=lambda: 4.0)

    assert deadline.left == 6.0
    assert deadline.but(2.5).left == 3.5
    assert deadline.but(60.0).left == 0.0
