"""A judgement that was paid for waits in the queue for the table, and is not paid for again."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveness.check import Checked, CheckLiveness, Course, Turn
from liveness.errors import (
    GivenUp,
    Leased,
    LivenessError,
    NotAnUpload,
    PictureUnfit,
    StorageFault,
)
from liveness.events import uploads_in
from liveness.kept import as_message, kept_in
from liveness.model import (
    Action,
    Deadline,
    Detection,
    EraseAfterVerdict,
    Facts,
    Judgement,
    Outcome,
    Picture,
    Upload,
)
from liveness.ports import KeptJudgement, Lease
from tests.unit.pictures import GIF
from tests.unit.scene import DEADLINE, DOWN, LIVE, SPOOF, UPLOAD, Failing, Scene
from tests.unit.test_events import SAMPLES

SHORT = Deadline(at=0.4, clock=lambda: 0.0)
FIRST = Turn(1, tries=9)
LAST = Turn(9, tries=9)
BEYOND = Turn(11, tries=9)
TABLE_DOWN = StorageFault("dynamodb", "InternalServerError")


class Kept:
    """An upload whose judgement the table did not take, and its message."""

    def __init__(self, *answers: Detection | LivenessError, **options: Any) -> None:
        self.scene = Scene(*(answers or (LIVE,)), **options)
        self.table = Failing()
        self.table.failures = 1
        self.liveness: CheckLiveness = replace(self.scene.liveness, verdicts=self.table)
        self.first = self.liveness.check(UPLOAD, SHORT)

    @property
    def message(self) -> str:
        (message,) = self.scene.safekeeping.messages
        return message

    def comes_back(self, turn: Turn = FIRST, deadline: Deadline = DEADLINE) -> Checked:
        (upload,) = uploads_in(json.loads(self.message))
        kept = kept_in(self.message, upload)
        assert kept
        return self.liveness.check_again(upload, deadline, turn, kept=kept)


def test_a_judgement_that_the_table_does_not_take_is_sent_back_and_nobody_is_told() -> None:
    kept = Kept()

    assert kept.first.course is Course.KEPT
    assert kept.scene.announcements.told == []
    assert len(kept.table.rows) == 1, "its lease is not given back"


@pytest.mark.parametrize("turn", [FIRST, LAST, BEYOND])
def test_it_is_recorded_and_announced_when_it_comes_back_and_nobody_is_asked_again(
    turn: Turn,
) -> None:
    kept = Kept()

    assert kept.comes_back(turn).course is Course.DECIDED
    assert len(kept.scene.judge.asked) == 1
    assert kept.scene.told() == undisturbed(LIVE)
    assert kept.table.facts[UPLOAD.object, UPLOAD.version] == kept.scene.told()


def undisturbed(answer: Detection) -> Facts:
    """What is told where the table takes the verdict at once."""
    scene = Scene(answer)
    scene.check()
    return scene.told()


def test_a_judgement_waits_for_the_table_turn_after_turn_and_is_never_given_up() -> None:
    kept = Kept()
    kept.table.failures = 3

    for turn in (FIRST, LAST, BEYOND):
        with pytest.raises(StorageFault):
            kept.comes_back(turn, SHORT)
    assert kept.scene.announcements.told == []

    kept.comes_back(FIRST)
    assert kept.scene.told()["outcome"] == "live"
    assert len(kept.scene.judge.asked) == 1


def test_it_is_announced_again_in_the_same_words_where_marking_failed() -> None:
    kept = Kept()
    mark = kept.table.mark_announced

    def down(_facts: Facts) -> None:
        raise TABLE_DOWN

    kept.table.mark_announced = down  # type: ignore[method-assign,assignment]  # one call fails
    with pytest.raises(StorageFault):
        kept.comes_back()
    kept.table.mark_announced = mark  # type: ignore[method-assign]
    kept.comes_back()

    first, second = kept.scene.announcements.told
    assert first == second


def test_a_second_copy_of_the_message_asks_nobody_and_tells_nobody() -> None:
    kept = Kept()
    kept.comes_back()
    key = (UPLOAD.object, UPLOAD.version)
    kept.table.rows[key].pop("owner")  # as marking does

    assert kept.comes_back().course is Course.DUPLICATE
    assert len(kept.scene.announcements.told) == 1
    assert len(kept.scene.judge.asked) == 1


def test_where_somebody_else_has_taken_the_upload_over_they_are_left_to_it() -> None:
    kept = Kept()
    kept.table.rows[UPLOAD.object, UPLOAD.version]["owner"] = "somebody else"

    with pytest.raises(Leased):
        kept.comes_back()
    assert kept.scene.announcements.told == []


def test_a_judgement_that_somebody_made_up_counts_for_nothing() -> None:
    scene = Scene(SPOOF)
    made_up = KeptJudgement(
        Lease(UPLOAD, "a guess"),
        Judgement(Outcome.LIVE, LIVE),
        datetime(2026, 11, 23, 12, tzinfo=UTC),
        None,
    )

    scene.liveness.check_again(UPLOAD, DEADLINE, FIRST, kept=made_up)

    assert scene.told()["outcome"] == "not_live"
    assert len(scene.judge.asked) == 1


def test_a_picture_that_is_gone_by_then_takes_no_judgement_back() -> None:
    kept = Kept()
    kept.scene.pictures.by_version["v1"] = PictureUnfit("picture_gone", "Take another.")

    kept.comes_back()

    assert kept.scene.told()["outcome"] == "live"
    assert kept.scene.told()["width"] == 300
    assert "subject" not in kept.scene.told()


def test_whose_picture_it_is_is_looked_up_again_rather_than_left_out() -> None:
    kept = Kept()
    content = kept.scene.pictures.by_version["v1"]
    kept.scene.pictures.by_version["v1"] = StorageFault("s3", "SlowDown")

    with pytest.raises(StorageFault):
        kept.comes_back()
    kept.scene.pictures.by_version["v1"] = content
    kept.comes_back()

    assert kept.scene.told()["subject"] == "ann"


def test_a_picture_is_erased_only_after_its_kept_judgement_was_announced() -> None:
    kept = Kept(erase=EraseAfterVerdict.ALWAYS)
    assert kept.scene.pictures.erased == []

    kept.comes_back()

    assert kept.scene.pictures.erased == [UPLOAD]


def test_where_neither_table_nor_queue_takes_it_the_upload_is_free_for_the_next_try() -> None:
    scene = Scene(LIVE, LIVE)
    table = Failing()
    table.failures = 1
    scene.safekeeping.fault = StorageFault("sqs", "InternalError")
    liveness = replace(scene.liveness, verdicts=table)

    with pytest.raises(StorageFault, match="sqs"):
        liveness.check(UPLOAD, SHORT)
    assert table.rows == {}

    liveness.check(UPLOAD, DEADLINE)
    assert scene.told()["outcome"] == "live"


def test_what_costs_no_call_is_not_kept_but_tried_again() -> None:
    scene = Scene(content=GIF)
    table = Failing()

    with pytest.raises(StorageFault):
        replace(scene.liveness, verdicts=table).check(UPLOAD, SHORT)

    assert scene.safekeeping.messages == []
    assert table.rows == {}


def test_a_failure_that_cannot_be_recorded_is_not_kept_for_a_verdict() -> None:
    scene = Scene(DOWN)
    table = Failing()

    with pytest.raises(StorageFault):
        replace(scene.liveness, verdicts=table).check_again(UPLOAD, SHORT, LAST)

    assert scene.safekeeping.messages == []


def test_a_message_without_a_lease_that_stands_is_given_up_like_any_other() -> None:
    kept = Kept(LIVE, DOWN)
    kept.table.rows.clear()

    with pytest.raises(GivenUp):
        kept.comes_back(LAST)
    assert kept.scene.told()["outcome"] == "failed"


_TEXTS = st.text(st.characters(categories=["L", "N", "P", "Z", "S"]), min_size=1, max_size=50)
_SCORES = st.decimals(0, 100, places=4)
_MOMENTS = st.integers(0, 2**42).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
_TOKENS = st.text("!#09AZaz._-", min_size=1, max_size=30)
_UPLOADS = st.builds(
    Upload,
    bucket=st.just("selfies"),
    key=_TEXTS,
    version=_TOKENS | _TOKENS.map("etag:{}".format),
    uploaded_at=_MOMENTS,
    size=st.none() | st.integers(0, 2**40),
    sequencer=st.none() | _TOKENS,
)
_DETECTIONS = st.builds(
    Detection,
    action=st.sampled_from(Action),
    face_model_version=_TEXTS,
    request_id=_TEXTS,
    score=st.none() | _SCORES,
    is_liveness=st.none() | st.booleans(),
)
_JUDGEMENTS = st.builds(
    Judgement,
    outcome=st.sampled_from([Outcome.LIVE, Outcome.NOT_LIVE]),
    detection=_DETECTIONS,
    threshold=st.none() | _SCORES,
)
_KEPT = st.builds(
    KeptJudgement,
    lease=st.builds(Lease, upload=_UPLOADS, owner=_TOKENS),
    judgement=_JUDGEMENTS,
    decided_at=_MOMENTS,
    picture=st.none() | st.builds(Picture, st.just("JPEG"), *[st.integers(1, 9000)] * 3),
)


@given(_KEPT)
def test_every_judgement_is_read_as_it_was_written(kept: KeptJudgement) -> None:
    message = as_message(kept)

    (upload,) = uploads_in(json.loads(message))

    assert upload == kept.lease.upload
    assert kept_in(message, upload) == kept


def test_the_sample_is_what_is_written() -> None:
    body = SAMPLES["sqs-judgement-kept"]["Records"][0]["body"]
    (upload,) = uploads_in(json.loads(body))

    kept = kept_in(body, upload)

    assert kept
    assert json.loads(as_message(kept)) == json.loads(body)
    assert kept.judgement.outcome is Outcome.LIVE


def test_a_message_that_keeps_nothing_is_an_event_like_any_other() -> None:
    event = json.loads(Kept().message)
    del event["kept"]

    assert kept_in(json.dumps(event), UPLOAD) is None


def test_whose_picture_it_is_is_in_no_message() -> None:
    assert "ann" not in Kept().message.replace(UPLOAD.key, "")


@pytest.mark.parametrize(
    "kept",
    [
        "text",
        [],
        {},
        {"lease_owner": "x"},
        {"judgement": None},
        {"judgement": {"detection": []}},
        {"judgement": {"detection": {"action": "Guess", "score": None}}},
        {"judgement": {"outcome": "sure", "threshold": None}},
        {"judgement": {"threshold": "much"}},
        {"judgement": {"detection": {"score": "much"}}},
        {"judgement": {"detection": {"further": 1}}},
        {"decided_at": "yesterday"},
        {"decided_at": 7},
        {"picture": {"depth": 24}},
        {"picture": "JPEG"},
    ],
    ids=str,
)
def test_what_is_not_of_the_form_that_we_write_is_refused_and_not_quoted(kept: object) -> None:
    event = json.loads(Kept().message)
    event["kept"] = merged(event["kept"], kept)

    with pytest.raises(NotAnUpload) as refused:
        kept_in(json.dumps(event), UPLOAD)

    assert str(refused.value) == "kept: not of the form that it is written in"
    assert refused.value.__cause__ is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=9), inside),
    max_leaves=8,
)
_PLACES = st.sampled_from(
    [
        ("kept",),
        ("kept", "lease_owner"),
        ("kept", "decided_at"),
        ("kept", "picture"),
        ("kept", "picture", "width"),
        ("kept", "judgement"),
        ("kept", "judgement", "outcome"),
        ("kept", "judgement", "threshold"),
        ("kept", "judgement", "detection"),
        ("kept", "judgement", "detection", "action"),
        ("kept", "judgement", "detection", "score"),
    ]
)


@given(_PLACES, _JSON)
def test_whatever_a_message_keeps_is_read_or_refused(place: tuple[str, ...], value: Any) -> None:
    event = json.loads(SAMPLES["sqs-judgement-kept"]["Records"][0]["body"])
    within = event
    for name in place[:-1]:
        within = within[name]
    within[place[-1]] = value

    with suppress(NotAnUpload):
        kept = kept_in(json.dumps(event), UPLOAD)
        assert kept is None or isinstance(kept, KeptJudgement)


def merged(good: Any, change: Any) -> Any:
    """The good one, changed in one place; what is nothing like it takes its place."""
    if (
        change
        and isinstance(change, dict)
        and isinstance(good, dict)
        and "lease_owner" not in change
    ):
        return {**good, **{name: merged(good.get(name), change[name]) for name in change}}
    return change
