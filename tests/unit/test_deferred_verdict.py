"""A deferred verdict as a message of RetryQueue, and back."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.decision import Thresholds, decide, meaningful
from liveness.deferred_verdict import from_message, to_message
from liveness.errors import UnknownEventError
from liveness.events import uploads_in
from liveness.models import (
    Action,
    Decision,
    DeferredVerdict,
    Detection,
    Image,
    Lease,
    Outcome,
    Verdict,
)
from liveness.verdict_record import to_record
from tests.unit.sample_events import SAMPLES
from tests.unit.strategies import IMAGES, MOMENTS, SCORES, TEXTS, TOKENS, UPLOADS
from tests.unit.use_case import DECIDED_AT, LIVE, UPLOAD

VERDICT = Verdict(
    UPLOAD,
    Outcome.LIVE,
    DECIDED_AT,
    decision=Decision(Outcome.LIVE, LIVE),
    image=Image("PNG", 300, 400, 100),
    subject="a private name",
)
MESSAGE = to_message(DeferredVerdict(Lease(UPLOAD, "a token"), VERDICT))


_ANSWERS = st.builds(Detection, st.sampled_from(Action), st.sampled_from(["2.0", "3.0"]), TEXTS)
_DETECTIONS = st.builds(replace, _ANSWERS, score=SCORES, is_liveness=st.booleans()).filter(
    meaningful
)


@st.composite
def deferred_verdicts(draw: st.DrawFn) -> DeferredVerdict:
    upload, image = draw(UPLOADS), draw(IMAGES)
    decision = decide(draw(_DETECTIONS), Thresholds(draw(SCORES), draw(SCORES)))
    verdict = Verdict(upload, decision.outcome, draw(MOMENTS), decision=decision, image=image)
    return DeferredVerdict(Lease(upload, draw(TOKENS)), verdict)


@given(deferred_verdicts())
def test_every_deferred_verdict_is_read_as_it_was_written(deferred: DeferredVerdict) -> None:
    message = to_message(deferred)

    (upload,) = uploads_in(json.loads(message))

    assert upload == deferred.lease.upload
    read = from_message(message, upload)
    assert read
    assert read.lease == deferred.lease
    assert to_record(read.verdict) == to_record(deferred.verdict)


def test_the_sample_is_what_is_written() -> None:
    body = SAMPLES["sqs-deferred-verdict"]["Records"][0]["body"]
    (upload,) = uploads_in(json.loads(body))

    deferred = from_message(body, upload)

    assert deferred
    assert to_message(deferred) == body
    assert deferred.verdict.outcome is Outcome.LIVE


def test_a_message_without_a_deferred_verdict_is_an_ordinary_event() -> None:
    event = json.loads(MESSAGE)
    del event["deferred_verdict"]

    assert from_message(json.dumps(event), UPLOAD) is None


def test_a_message_has_no_subject() -> None:
    assert VERDICT.subject == "a private name"
    assert "a private name" not in MESSAGE


@pytest.mark.parametrize(
    "change",
    [
        "text",
        [],
        {},
        {"lease_token": None},
        {"lease_token": 7},
        {"record": None},
        {"record": "text"},
        {"record": {"action": None}},
        {"record": {"action": "Guess"}},
        {"record": {"outcome": "sure"}},
        {"record": {"threshold": "much"}},
        {"record": {"score": "much"}},
        {"record": {"outcome": "not_live"}},
        {"record": {"is_liveness": False}},
        {"record": {"face_model_version": "4.0"}},
        {"record": {"threshold": 0}},
        {"record": {"score": "1e999999999"}},
        {"record": {"is_liveness": "true"}},
        {"record": {"decided_at": "yesterday"}},
        {"record": {"decided_at": 7}},
        {"record": {"uploaded_at": "2026-11-23T12:00:00"}},
        {"record": {"uploaded_at": "0001-01-01T00:00:00+12:00"}},
        {"record": {"size": "1e999999999"}},
        {"record": {"width": 0.5}},
        {"record": {"height": "JPEG"}},
    ],
    ids=str,
)
def test_a_deferred_verdict_that_was_not_written_here_is_refused_and_not_quoted(
    change: object,
) -> None:
    event = json.loads(MESSAGE)
    event["deferred_verdict"] = merged(event["deferred_verdict"], change)

    with pytest.raises(UnknownEventError) as refused:
        from_message(json.dumps(event), UPLOAD)

    assert str(refused.value) == "deferred_verdict: not a verdict that this function wrote"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def merged(written: Any, change: Any) -> Any:
    """What was written, changed in one place; None removes a field, other values replace it."""
    if not change or not isinstance(change, dict):
        return change
    changed = {**written, **{name: merged(written.get(name), change[name]) for name in change}}
    return {name: value for name, value in changed.items() if value is not None}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=9), inside),
    max_leaves=8,
)
_PLACES = st.sampled_from(
    [
        (),
        ("lease_token",),
        ("record",),
        ("record", "uploaded_at"),
        ("record", "decided_at"),
        ("record", "size"),
        ("record", "format"),
        ("record", "width"),
        ("record", "outcome"),
        ("record", "threshold"),
        ("record", "action"),
        ("record", "score"),
        ("record", "is_liveness"),
        ("record", "error_code"),
    ]
)


@given(_PLACES, _JSON)
def test_any_deferred_verdict_is_read_or_refused(place: tuple[str, ...], value: Any) -> None:
    event = json.loads(SAMPLES["sqs-deferred-verdict"]["Records"][0]["body"])
    path = ("deferred_verdict", *place)
    parent = event
    for name in path[:-1]:
        parent = parent[name]
    parent[path[-1]] = value

    with suppress(UnknownEventError):
        deferred = from_message(json.dumps(event), UPLOAD)
        assert deferred is None or to_message(deferred)
