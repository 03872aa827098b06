"""The client's retry policy: which errors are worth another attempt within a call."""

from collections.abc import Sequence

from liveness.errors import (
    DetectionError,
    ImageDownloadError,
    ServiceUnreachableError,
    TransientError,
)
from liveness.tencent.error_codes import Retry, lookup

MAX_ATTEMPTS = 3


def should_retry(errors: Sequence[DetectionError]) -> bool:
    """Whether another attempt may follow these failed ones, the latest last.

    A refused key is not for this policy: the client refreshes it once.
    """
    if len(errors) >= MAX_ATTEMPTS:
        return False
    match _policy(errors[-1]):
        case Retry.YES:
            return True
        case Retry.LIMITED:
            return sum(_policy(error) is Retry.LIMITED for error in errors) == 1
    return False


def _policy(error: DetectionError) -> Retry:
    # An image that was not downloaded needs another URL, which only the caller can make.
    if not isinstance(error, TransientError) or isinstance(error, ImageDownloadError):
        return Retry.NO
    if isinstance(error, ServiceUnreachableError):
        return Retry.YES
    entry = lookup(error.response.code)
    return entry.retry if entry else Retry.NO
