"""Which faults are worth another attempt within a call, and how long to wait before it."""

from __future__ import annotations

from collections.abc import Sequence

from liveness.errors import PictureNotDownloaded, ServiceFault, ServiceUnreachable, TransientFault
from liveness.tencent.catalogue import entry_for
from liveness.tencent.codes import Retry

MOST_ATTEMPTS = 3

# Seconds. Two pauses of this fit an invocation, and outlast a throttled second on average.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 4.0


def allowance(fault: ServiceFault) -> Retry:
    """How often a call may be repeated after this fault (design, "Failure kinds").

    A picture that could not be downloaded needs another address, which only the caller can
    make; credentials that were refused have a rule of their own in the client.
    """
    if not isinstance(fault, TransientFault) or isinstance(fault, PictureNotDownloaded):
        return Retry.NO
    if isinstance(fault, ServiceUnreachable):
        return Retry.YES
    entry = entry_for(fault.answer.code)
    return entry.retry if entry else Retry.NO


def worth_another(faults: Sequence[ServiceFault]) -> bool:
    """Whether another attempt may follow these, the last of them the latest."""
    allowed = allowance(faults[-1])
    if allowed is Retry.LIMITED:
        limited = sum(allowance(fault) is Retry.LIMITED for fault in faults)
        return limited == 1 and len(faults) < MOST_ATTEMPTS
    return allowed is Retry.YES and len(faults) < MOST_ATTEMPTS


def pause(attempts: int, chance: float) -> float:
    """Seconds to wait after so many attempts: exponential, with full jitter.

    `chance` is a random number from 0 to 1.
    """
    longest = FIRST_PAUSE * 2.0 ** (attempts - 1)
    return chance * min(LONGEST_PAUSE, longest)
