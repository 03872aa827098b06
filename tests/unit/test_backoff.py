"""How long is waited between two attempts."""

from datetime import timedelta

import pytest

from liveness.backoff import WITHIN_AN_INVOCATION, Backoff, RetrySchedule

BACKOFF = Backoff(initial=timedelta(seconds=30), longest=timedelta(minutes=15))
SCHEDULE = RetrySchedule(9, BACKOFF)


def test_delays_double_up_to_the_longest() -> None:
    delays = [BACKOFF.delay(attempts).total_seconds() for attempts in range(1, 12)]

    assert delays == [30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900]


def test_any_number_of_attempts_has_a_delay() -> None:
    assert BACKOFF.delay(10**9) == timedelta(minutes=15)


def test_the_nine_attempts_of_the_default_schedule_take_an_hour() -> None:
    assert SCHEDULE.duration == timedelta(seconds=3630)


@pytest.mark.parametrize(
    ("receive_count", "age", "is_final"),
    [
        (1, timedelta(days=4), False),
        (8, timedelta(days=4), False),
        (9, 2 * SCHEDULE.duration - timedelta(seconds=1), False),
        (30, timedelta(hours=1), False),
        (9, 2 * SCHEDULE.duration, True),
        (30, timedelta(days=4), True),
    ],
)
def test_an_attempt_is_final_by_its_count_and_the_age_of_its_message_together(
    receive_count: int, age: timedelta, is_final: bool
) -> None:
    attempt = SCHEDULE.attempt(receive_count, age)

    assert (attempt.receive_count, attempt.is_final) == (receive_count, is_final)


def test_seconds_are_the_delay_times_the_jitter() -> None:
    assert BACKOFF.seconds(2) == 60.0
    assert BACKOFF.seconds(2, jitter=0.25) == 15.0
    assert BACKOFF.seconds(2, jitter=0.0) == 0.0


def test_the_delays_within_an_invocation_are_at_most_four_seconds() -> None:
    assert [WITHIN_AN_INVOCATION.seconds(attempts) for attempts in range(1, 6)] == [
        0.5, 1.0, 2.0, 4.0, 4.0,
    ]  # fmt: skip
