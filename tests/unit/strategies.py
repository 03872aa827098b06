"""Hypothesis strategies for uploads and the verdicts on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from liveness.models import (
    Action,
    Decision,
    Detection,
    ErrorResponse,
    Image,
    Outcome,
    Reuse,
    Upload,
    Verdict,
)

TEXTS = st.text(st.characters(categories=["L", "N", "P", "Z", "S"]), min_size=1, max_size=50)
TOKENS = st.text("!#09AZaz._-", min_size=1, max_size=30)
ETAGS = st.text("09afAF-", min_size=1, max_size=40)
SCORES = st.decimals(0, 100, places=4)
MOMENTS = st.integers(0, 2**42).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
SIZES = st.integers(0, 2**63 - 1)
UPLOADS = st.builds(
    Upload,
    bucket=st.just("selfies"),
    key=TEXTS,
    version=TOKENS | ETAGS.map("etag:{}".format),
    uploaded_at=MOMENTS,
    size=st.none() | SIZES,
    sequencer=st.none() | TOKENS,
)
IMAGES = st.none() | st.builds(
    Image, st.sampled_from(["JPEG", "PNG", "BMP"]), *[st.integers(1, 9000)] * 2, SIZES
)
DECISIONS = st.builds(
    Decision,
    outcome=st.sampled_from([Outcome.LIVE, Outcome.NOT_LIVE]),
    detection=st.builds(
        Detection,
        action=st.sampled_from(Action),
        face_model_version=TEXTS,
        request_id=TEXTS,
        score=st.none() | SCORES,
        is_liveness=st.none() | st.booleans(),
    ),
    threshold=st.none() | SCORES,
)
# What is stored of a response is its code and request id.
_ERRORS = st.none() | st.builds(
    ErrorResponse, code=TEXTS, message=st.just(""), request_id=st.none() | TEXTS
)

_DIGESTS = st.none() | st.text("0123456789abcdef", min_size=64, max_size=64)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """A verdict of any outcome."""
    upload, image = draw(UPLOADS), draw(IMAGES)
    if image:
        # Once the image was measured, its size is the object's.
        upload = replace(upload, size=image.size)
    decided_at, subject = draw(MOMENTS), draw(st.none() | TEXTS)
    if draw(st.booleans()):
        decision = draw(DECISIONS)
        return Verdict(
            upload,
            decision.outcome,
            decided_at,
            decision=decision,
            image=image,
            subject=subject,
            consent_id=draw(st.none() | TEXTS),
            picture_digest=draw(_DIGESTS),
            reuse=draw(st.none() | st.sampled_from(Reuse)),
        )
    outcome = draw(st.sampled_from([Outcome.RETAKE, Outcome.FAILED]))
    return Verdict(
        upload,
        outcome,
        decided_at,
        reason=draw(TOKENS),
        advice=draw(TEXTS) if outcome is Outcome.RETAKE else None,
        image=image,
        subject=subject,
        picture_digest=draw(_DIGESTS),
        error=draw(_ERRORS),
    )


VERDICTS = verdicts()
