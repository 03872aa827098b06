"""The JSON Schema of notifications describes the record of a verdict, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from liveness.aws.sns import notification
from liveness.decision import Thresholds, decide
from liveness.models import (
    Action,
    Detection,
    ErrorResponse,
    Image,
    Outcome,
    Reuse,
    Upload,
    Verdict,
)
from liveness.verdict_record import to_public_record
from tests.unit.sample_events import EVENTS, LIVE

SCHEMA: dict[str, Any] = json.loads((EVENTS / "notification.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)

# The upload of the samples.
UPLOAD = LIVE
DECIDED_AT = UPLOAD.uploaded_at + timedelta(milliseconds=870)
IMAGE = Image("JPEG", 1080, 1440, 184_320)
REQUEST_ID = "9b1f6c62-3a4e-4d0a-8f57-2c1e5d7a9b40"


def decided(detection: Detection) -> Verdict:
    decision = decide(detection, Thresholds())
    return Verdict(
        UPLOAD,
        decision.outcome,
        DECIDED_AT,
        decision=decision,
        image=IMAGE,
        subject="user-7f3a9c",
        consent_id="consent-2026-11",
        picture_digest="never published",
    )


VERDICTS: Mapping[str, Verdict] = {
    "live": decided(
        Detection(Action.DETECT_LIVE_FACE, "3.0", REQUEST_ID, is_liveness=True),
    ),
    "live-model-2": decided(
        Detection(Action.DETECT_LIVE_FACE, "2.0", REQUEST_ID, score=Decimal("96.5")),
    ),
    "live-reused": replace(
        decided(Detection(Action.DETECT_LIVE_FACE, "3.0", REQUEST_ID, is_liveness=True)),
        reuse=Reuse.OTHER_SUBJECT,
    ),
    "not-live": decided(
        Detection(Action.DETECT_LIVE_FACE, "3.0", REQUEST_ID, is_liveness=False),
    ),
    "not-live-accurate": decided(
        Detection(Action.DETECT_LIVE_FACE_ACCURATE, "3.0", REQUEST_ID, score=Decimal("3.25")),
    ),
    "retake": Verdict(
        UPLOAD,
        Outcome.RETAKE,
        DECIDED_AT,
        reason="aspect_ratio",
        advice="Please take an upright picture, three parts wide and four parts high (3:4).",
        image=Image("JPEG", 1440, 1080, 184_320),
        subject="user-7f3a9c",
    ),
    "retake-refused-by-the-service": Verdict(
        UPLOAD,
        Outcome.RETAKE,
        DECIDED_AT,
        reason="no_face",
        advice="No face was found; please face the camera in good light and try again.",
        image=IMAGE,
        subject="user-7f3a9c",
        error=ErrorResponse(
            "InvalidParameterValue.NoFaceInPhoto", "There are no faces in the image.", REQUEST_ID
        ),
    ),
    "failed": Verdict(
        UPLOAD,
        Outcome.FAILED,
        DECIDED_AT + timedelta(minutes=61),
        reason="service_fault",
        error=ErrorResponse("FailedOperation.ServerError", "Please retry.", REQUEST_ID, attempts=3),
    ),
}


def published(verdict: Verdict) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(notification(to_public_record(verdict)))
    return fields


def test_the_schema_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_there_is_a_sample_of_every_outcome_and_a_verdict_for_each_sample() -> None:
    samples = {file.stem for file in (EVENTS / "notifications").glob("*.json")}
    assert samples == set(VERDICTS)
    assert {verdict.outcome for verdict in VERDICTS.values()} == set(Outcome)


@pytest.mark.parametrize("name", VERDICTS)
def test_a_sample_is_valid_and_is_the_notification_of_its_verdict(name: str) -> None:
    sample = json.loads((EVENTS / "notifications" / f"{name}.json").read_text())
    VALIDATOR.validate(sample)
    assert sample == published(VERDICTS[name])


def test_the_schema_describes_every_field_and_no_other() -> None:
    fields = {name for verdict in VERDICTS.values() for name in to_public_record(verdict)}
    assert set(SCHEMA["properties"]) == fields | {"schema_version"}
    assert all(each["description"] for each in SCHEMA["properties"].values())


@pytest.mark.parametrize(
    ("sample", "change"),
    [
        ("live", {"schema_version": "2.0"}),
        ("live", {"schema_version": None}),
        ("live", {"colour": "blue"}),
        ("live", {"outcome": "alive"}),
        ("live", {"outcome": None}),
        ("live", {"id": "7"}),
        ("live", {"id": published(VERDICTS["failed"])["id"]}),
        ("live", {"object": "s3://selfie-liveness-123456789012-ap-southeast-1-an"}),
        ("live", {"object": None}),
        ("live", {"version": ""}),
        ("live", {"version": "sha256:00"}),
        ("live", {"uploaded_at": "2026-11-20T09:41:07Z"}),
        ("live", {"decided_at": "2026-11-20T10:41:07.318+01:00"}),
        ("live", {"size": -1}),
        ("live", {"size": None}),
        ("live", {"width": 0}),
        ("live", {"height": None}),
        ("live", {"format": "GIF"}),
        ("live", {"format": None}),
        ("live", {"subject": ""}),
        ("live", {"consent_id": ""}),
        ("live", {"consent_id": "x" * 129}),
        ("live", {"reuse": "often"}),
        ("live", {"picture_digest": "00"}),
        ("live", {"reason": "no_face"}),
        ("live", {"advice": "Smile."}),
        ("live", {"error_code": "InternalError"}),
        ("live", {"action": None}),
        ("live", {"action": "CompareFace"}),
        ("live", {"action": "DetectLiveFaceAccurate"}),
        ("live", {"face_model_version": None}),
        ("live", {"face_model_version": "2.0"}),
        ("live", {"request_id": None}),
        ("live", {"is_liveness": None}),
        ("live", {"is_liveness": "true"}),
        ("live", {"is_liveness": False}),
        ("live", {"outcome": "not_live"}),
        ("live", {"score": 99}),
        ("live", {"threshold": 87}),
        ("live-model-2", {"score": None}),
        ("live-model-2", {"score": "96.5"}),
        ("live-model-2", {"score": 100.5}),
        ("live-model-2", {"score": -0.5}),
        ("live-model-2", {"threshold": None}),
        ("live-model-2", {"is_liveness": True}),
        ("live-model-2", {"face_model_version": "3.0"}),
        ("not-live", {"is_liveness": True}),
        ("not-live-accurate", {"face_model_version": "2.0"}),
        ("not-live-accurate", {"is_liveness": False}),
        ("retake", {"reason": None}),
        ("retake", {"reason": "No face"}),
        ("retake", {"advice": None}),
        ("retake", {"advice": ""}),
        ("retake", {"score": 12}),
        ("retake", {"threshold": 87}),
        ("retake", {"is_liveness": False}),
        ("retake", {"action": "DetectLiveFace"}),
        ("retake", {"face_model_version": "3.0"}),
        ("retake-refused-by-the-service", {"error_code": None}),
        ("failed", {"reason": None}),
        ("failed", {"advice": "Later."}),
        ("failed", {"score": 12}),
        ("failed", {"id": published(VERDICTS["live"])["id"]}),
    ],
)
def test_one_wrong_field_makes_a_notification_invalid(sample: str, change: dict[str, Any]) -> None:
    changed = published(VERDICTS[sample]) | change
    present = {name: value for name, value in changed.items() if value is not None}
    assert not VALIDATOR.is_valid(present)


scores = st.decimals(0, 100, places=4)
detections = st.one_of(
    st.builds(
        Detection,
        st.just(Action.DETECT_LIVE_FACE),
        st.just("3.0"),
        st.uuids().map(str),
        is_liveness=st.booleans(),
    ),
    st.builds(
        Detection,
        st.just(Action.DETECT_LIVE_FACE),
        st.just("2.0"),
        st.uuids().map(str),
        score=scores,
    ),
    st.builds(
        Detection,
        st.just(Action.DETECT_LIVE_FACE_ACCURATE),
        st.just("3.0"),
        st.uuids().map(str),
        score=scores,
    ),
)
uploads = st.builds(
    Upload,
    bucket=st.from_regex(r"[a-z0-9.-]{3,63}", fullmatch=True),
    key=st.text(st.characters(codec="utf-8"), min_size=1, max_size=256),
    version=st.from_regex(r"[A-Za-z0-9._-]{32}|etag:[0-9a-f]{32}(-[0-9]+)?", fullmatch=True),
    uploaded_at=st.datetimes(min_value=datetime(2006, 3, 14), timezones=st.just(UTC)),  # noqa: DTZ001 -- hypothesis adds the zone
    size=st.none() | st.integers(0, 2**63 - 1),
)


@given(uploads, detections, st.none() | st.text(min_size=1))
def test_the_notification_of_every_decision_is_valid(
    upload: Upload, detection: Detection, subject: str | None
) -> None:
    decision = decide(detection, Thresholds())
    verdict = Verdict(
        upload,
        decision.outcome,
        DECIDED_AT,
        decision=decision,
        image=IMAGE,
        subject=subject,
    )
    VALIDATOR.validate(published(verdict))
