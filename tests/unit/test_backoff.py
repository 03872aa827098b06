"""How long is waited between two attempts."""

from datetime import timedelta

from liveness.backoff import WITHIN_AN_INVOCATION, Backoff

BACKOFF = Backoff(initial=timedelta(seconds=30), longest=timedelta(minutes=15))


def test_delays_double_up_to_the_longest() -> None:
    delays = [BACKOFF.delay(attempts).total_seconds() for attempts in range(1, 12)]

    assert delays == [30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900]


def test_any_number_of_attempts_has_a_delay() -> None:
    assert BACKOFF.delay(10**9) == timedelta(minutes=15)


def test_seconds_are_the_delay_times_the_jitter() -> None:
    assert BACKOFF.seconds(2) == 60.0
    assert BACKOFF.seconds(2, jitter=0.25) == 15.0
    assert BACKOFF.seconds(2, jitter=0.0) == 0.0


def test_the_delays_within_an_invocation_are_at_most_four_seconds() -> None:
    assert [WITHIN_AN_INVOCATION.seconds(attempts) for attempts in range(1, 6)] == [
        0.5, 1.0, 2.0, 4.0, 4.0,
    ]  # fmt: skip
