"""A verdict as a flat record, and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from liveness.models import Outcome, Upload, Verdict
from liveness.verdict_record import Record, from_record, iso_8601, to_public_record, to_record
from tests.unit.strategies import MOMENTS, SIZES, VERDICTS

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
UPLOAD = Upload("selfies", "ann/1.png", "v1", AT)
RECORD: Record = {
    "object": "s3://selfies/ann/1.png",
    "version": "v1",
    "id": UPLOAD.id,
    "outcome": "live",
    "size": 100,
    "subject": "ann",
    "consent_id": "c-1",
    "picture_digest": "0f",
    "reuse": "other_subject",
    "uploaded_at": "2026-11-23T12:00:00.000Z",
    "decided_at": "2026-11-23T12:00:01.234Z",
    "format": "PNG",
    "width": 300,
    "height": 400,
    "action": "DetectLiveFace",
    "face_model_version": "2.0",
    "request_id": "req-1",
    "score": Decimal("87.5"),
    "threshold": Decimal(87),
}


def test_a_record_leaves_out_what_has_no_meaning() -> None:
    record = to_record(
        Verdict(UPLOAD, Outcome.RETAKE, AT, reason="empty_file", advice="Again."),
    )

    assert set(record) == {
        "object", "version", "id", "outcome", "reason", "advice", "uploaded_at", "decided_at",
    }  # fmt: skip


@given(VERDICTS)
def test_what_is_published_is_the_row_without_the_digest(verdict: Verdict) -> None:
    row = to_record(verdict)
    row.pop("picture_digest", None)

    assert to_public_record(verdict) == row


def test_moments_are_written_in_utc_with_milliseconds() -> None:
    moment = datetime(2026, 11, 23, 13, 0, 0, 5000, tzinfo=timezone(timedelta(hours=1)))

    assert iso_8601(moment) == "2026-11-23T12:00:00.005Z"


@given(VERDICTS, MOMENTS, st.none() | SIZES)
def test_every_verdict_is_read_as_it_was_written_by_any_delivery(
    verdict: Verdict, uploaded_at: datetime, size: int | None
) -> None:
    upload = replace(verdict.upload, uploaded_at=uploaded_at, size=size)

    assert from_record(to_record(verdict), upload) == verdict


@given(VERDICTS)
def test_every_verdict_is_read_back_from_an_item_of_dynamodb(verdict: Verdict) -> None:
    serialize, deserialize = TypeSerializer().serialize, TypeDeserializer().deserialize
    item = {name: serialize(value) for name, value in to_record(verdict).items()}

    record = {name: deserialize(value) for name, value in item.items()}

    assert from_record(record, verdict.upload) == verdict


@given(VERDICTS)
def test_every_verdict_is_read_back_from_json(verdict: Verdict) -> None:
    record = json.loads(json.dumps(to_record(verdict), default=str))

    assert from_record(record, verdict.upload) == verdict


@pytest.mark.parametrize("value", [None, ["live"], {"a": 1}, {"live"}, b"x"])
def test_a_field_that_is_never_written_is_ignored(value: object) -> None:
    verdict = from_record(RECORD, UPLOAD)

    assert from_record({**RECORD, "odd": value}, UPLOAD) == verdict
    assert to_record(verdict) == RECORD


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": None},
        {"outcome": "sure"},
        {"outcome": ["live"]},
        {"uploaded_at": None},
        {"uploaded_at": "yesterday"},
        {"uploaded_at": "2026-11-23T12:00:00"},
        {"uploaded_at": "0001-01-01T00:00:00+12:00"},
        {"decided_at": 7},
        {"reason": 7},
        {"advice": ["Again."]},
        {"subject": {"S": "ann"}},
        {"consent_id": 7},
        {"picture_digest": b"0f"},
        {"reuse": "often"},
        {"reuse": ["other_subject"]},
        {"action": "Guess"},
        {"face_model_version": None},
        {"request_id": None},
        {"score": "much"},
        {"score": "NaN"},
        {"score": "Infinity"},
        {"score": "1e999999999"},
        {"score": "1e-999999999"},
        {"score": f"0.{'1' * 39}"},
        {"threshold": []},
        {"is_liveness": "true"},
        {"is_liveness": 1},
        {"size": "1e999999999"},
        {"size": -1},
        {"size": 0.5},
        {"width": None},
        {"height": True},
        {"error_code": "InternalError", "request_id": 7},
    ],
    ids=str,
)
def test_a_record_that_was_not_written_here_is_refused_and_not_quoted(
    change: dict[str, Any],
) -> None:
    changed = {name: value for name, value in {**RECORD, **change}.items() if value is not None}

    with pytest.raises(ValueError, match=r"^not a record of a verdict$") as refused:
        from_record(changed, UPLOAD)

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("record", [None, 7, "text", [], {}])
def test_what_is_no_record_at_all_is_refused(record: Any) -> None:
    with pytest.raises(ValueError, match=r"^not a record of a verdict$"):
        from_record(record, UPLOAD)
