"""Exponential backoff: the one formula behind every wait between two attempts.

The client waits between two requests, `process_upload` between two saves, RetryQueue between two
deliveries (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).
"""

from dataclasses import dataclass
from datetime import timedelta

from liveness.models import DeliveryAttempt


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays that double from `initial` up to `longest`."""

    initial: timedelta
    longest: timedelta

    def delay(self, attempts: int) -> timedelta:
        """The wait after so many attempts, one or more."""
        # Beyond this exponent every initial delay has long reached the longest.
        doubled: timedelta = self.initial * 2 ** min(attempts - 1, 30)
        return min(doubled, self.longest)

    def seconds(self, attempts: int, jitter: float = 1.0) -> float:
        """The same in seconds, times `jitter`: a random number from 0 to 1 spreads the load."""
        return jitter * self.delay(attempts).total_seconds()


# The client's three attempts with this outlast a throttled second on average.
WITHIN_AN_INVOCATION = Backoff(timedelta(seconds=0.5), timedelta(seconds=4))


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """How often RetryQueue delivers an upload, and how long it waits in between."""

    max_attempts: int
    backoff: Backoff

    @property
    def duration(self) -> timedelta:
        """The time that all attempts take."""
        delays = (self.backoff.delay(attempts) for attempts in range(1, self.max_attempts))
        return sum(delays, timedelta())

    def attempt(self, receive_count: int, age: timedelta) -> DeliveryAttempt:
        """The delivery of a message that SQS has handed out so often, and has had for so long.

        SQS also counts receives after which Lambda throttled the invocation. So an attempt is
        final only when the message is twice as old as the schedule takes.
        """
        is_final = receive_count >= self.max_attempts and age >= 2 * self.duration
        return DeliveryAttempt(receive_count, is_final)
