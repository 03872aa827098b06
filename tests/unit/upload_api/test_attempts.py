"""How many uploads a person may start: the pure rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upload_api.attempts import (
    Answered,
    Attempt,
    AttemptHistory,
    AttemptLimits,
    AttemptRefusedError,
    TooManyAttemptsError,
    UploadOpenError,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIMITS = AttemptLimits(limit=5, window=180 * SECOND, lockout=1800 * SECOND, lifetime=300 * SECOND)
JUDGED = Answered()
TECHNICAL = Answered(is_technical_retake=True)


def history_of(*seconds_ago: int) -> AttemptHistory:
    return AttemptHistory(
        tuple(Attempt(f"u-{ago}", NOW - ago * SECOND) for ago in sorted(seconds_ago, reverse=True))
    )


def answered(history: AttemptHistory, answer: Answered = JUDGED) -> dict[str, Answered]:
    return {each.upload_id: answer for each in history.attempts}


def test_the_first_attempt_is_added() -> None:
    after = LIMITS.start(AttemptHistory(), "new", {}, NOW)

    assert after.attempts == (Attempt("new", NOW),)


def test_an_upload_without_a_verdict_is_open_until_its_form_expires() -> None:
    history = history_of(299)

    with pytest.raises(UploadOpenError) as refused:
        LIMITS.start(history, "new", {}, NOW)

    assert refused.value.upload_id == "u-299"
    assert refused.value.retry_after == 1
    assert LIMITS.start(history, "new", {}, NOW + SECOND)


def test_an_erased_upload_is_not_open_and_counts() -> None:
    history = history_of(10, 20, 30, 40, 50)
    erased = replace(
        history, attempts=tuple(replace(each, is_erased=True) for each in history.attempts)
    )

    with pytest.raises(TooManyAttemptsError):
        LIMITS.start(erased, "new", {}, NOW)


def test_the_sixth_attempt_in_the_window_locks_the_person_out() -> None:
    history = history_of(10, 20, 30, 40, 179)

    with pytest.raises(TooManyAttemptsError) as refused:
        LIMITS.start(history, "new", answered(history), NOW)

    assert refused.value.is_new
    assert refused.value.retry_after == 1800
    assert refused.value.history.locked_until == NOW + LIMITS.lockout
    assert refused.value.history.attempts == history.attempts


def test_the_window_slides() -> None:
    history = history_of(10, 20, 30, 40, 180)

    after = LIMITS.start(history, "new", answered(history), NOW)

    with pytest.raises(TooManyAttemptsError):
        LIMITS.start(after, "next", answered(after), NOW)


def test_a_lockout_ends_by_itself_and_is_not_prolonged() -> None:
    locked = replace(history_of(), locked_until=NOW + 2 * SECOND)

    with pytest.raises(TooManyAttemptsError) as refused:
        LIMITS.start(locked, "new", {}, NOW)

    assert not refused.value.is_new
    assert refused.value.retry_after == 2
    assert LIMITS.start(locked, "new", {}, NOW + 2 * SECOND).locked_until is None


def test_a_technical_retake_counts_half() -> None:
    history = history_of(*range(1, 9))

    after = LIMITS.start(history, "new", answered(history, TECHNICAL), NOW)
    judged = answered(after, TECHNICAL) | {"new": JUDGED}

    with pytest.raises(TooManyAttemptsError):
        LIMITS.start(after, "next", judged, NOW)


def test_the_same_upload_is_not_counted_again() -> None:
    history = history_of(10, 20, 30, 40, 50)

    assert LIMITS.start(history, "u-10", answered(history), NOW) is history


def test_retry_after_is_never_zero() -> None:
    locked = replace(history_of(), locked_until=NOW + timedelta(milliseconds=1))

    with pytest.raises(TooManyAttemptsError) as refused:
        LIMITS.start(locked, "new", {}, NOW)

    assert refused.value.retry_after == 1


def test_a_history_is_kept_as_long_as_it_counts() -> None:
    assert LIMITS.expires_at(history_of(1), NOW) == NOW + LIMITS.lifetime
    locked = replace(history_of(1), locked_until=NOW + LIMITS.lockout)
    assert LIMITS.expires_at(locked, NOW) == NOW + LIMITS.lockout


@given(
    gaps=st.lists(st.integers(0, 400), max_size=40),
    technical=st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_no_window_has_more_than_the_limit(gaps: list[int], technical: list[bool]) -> None:
    now, history, answers = NOW, AttemptHistory(), dict[str, Answered]()
    started: list[tuple[datetime, float]] = []
    for number, (gap, is_technical) in enumerate(zip(gaps, technical, strict=False)):
        now += gap * SECOND
        try:
            history = LIMITS.start(history, str(number), answers, now)
        except TooManyAttemptsError as refused:
            history = refused.history
            continue
        except AttemptRefusedError:
            continue
        answers[str(number)] = TECHNICAL if is_technical else JUDGED
        started.append((now, 0.5 if is_technical else 1))

    for at, _ in started:
        within = [weight for when, weight in started if at - LIMITS.window < when <= at]
        # The last of a window was admitted as a whole one.
        assert sum(within) <= LIMITS.limit
