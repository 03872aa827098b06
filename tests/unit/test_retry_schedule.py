"""How long an upload waits between two tries."""

from datetime import timedelta

from liveness.aws.sqs import RetrySchedule

SCHEDULE = RetrySchedule(9, timedelta(seconds=30), timedelta(minutes=15))


def test_waits_double_up_to_the_longest() -> None:
    waits = [SCHEDULE.delay_after(received).total_seconds() for received in range(1, 12)]

    assert waits == [30, 60, 120, 240, 480, 900, 900, 900, 900, 900, 900]
