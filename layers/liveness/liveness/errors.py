"""The error tree.

The tree answers "should this be retried, and by whom?"::

    LivenessError
    ├── PictureUnfit                   nobody: the person takes another picture (`retake`)
    │   └── PictureRejected            … so says the service
    ├── Unanswered                     no verdict: RetryQueue tries again
    │   ├── ServiceFault               the service did not judge
    │   │   ├── TransientFault         the client first, with backoff
    │   │   │   ├── Throttled
    │   │   │   ├── ServiceUnreachable     nothing that came back was an answer of the API
    │   │   │   └── PictureNotDownloaded   the use case: a fresh address, then the picture inline
    │   │   ├── CredentialsRefused     the client once, with the secret fetched anew; alarm
    │   │   └── NeedsAPerson           nobody within the invocation; alarm
    │   │       ├── AccountBlocked         arrears, permissions, a retired Action
    │   │       └── RequestRefused         our bug or configuration, and every unknown code
    │   ├── CredentialsMissing         the secret is empty or malformed; alarm
    │   ├── StorageFault               S3, DynamoDB, SNS or Secrets Manager failed
    │   ├── Leased                     somebody else is at it: later
    │   ├── LeaseLost                  somebody else took over: their answer counts
    │   └── GivenUp                    a person, who replays it: `failed` was announced
    ├── NotAnUpload                    an event of unknown shape; a person
    └── NotOurs                        an event about somebody else's bucket; a person
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liveness.model import Picture


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """What the service said instead of a verdict, or a code of ours where nothing usable came.

    `attempts` counts the requests sent for this call, the one that got this answer included.
    """

    code: str
    message: str
    request_id: str | None = None
    attempts: int = 1

    def __str__(self) -> str:
        told = f", RequestId {self.request_id}" if self.request_id else ""
        return f"{self.code}: {self.message} (attempts: {self.attempts}{told})"


class LivenessError(Exception):
    """Everything that can stand between an upload and its verdict; the tree is drawn above."""


class PictureUnfit(LivenessError):
    """The picture cannot be judged. `reason` is a stable code, `advice` a sentence for the app.

    `picture` holds what is known of it, where its size in pixels could be read.
    """

    def __init__(self, reason: str, advice: str, picture: Picture | None = None) -> None:
        super().__init__(f"{reason}: {advice}")
        self.reason = reason
        self.advice = advice
        self.picture = picture


class PictureRejected(PictureUnfit):
    """The service refused the picture with an error of the image kind."""

    kind = "image"

    def __init__(self, reason: str, advice: str, answer: ErrorAnswer) -> None:
        super().__init__(reason, advice)
        self.answer = answer


class Unanswered(LivenessError):
    """No verdict yet; the upload must come back.

    `reason` is the stable code of a `failed` row, `answer` what the failing side said, if it did.
    """

    reason = "unanswered"
    answer: ErrorAnswer | None = None


class ServiceFault(Unanswered):
    """The service did not judge; `answer` tells what it said, `kind` who can do something."""

    kind = "request"
    reason = "service_fault"
    answer: ErrorAnswer

    def __init__(self, answer: ErrorAnswer) -> None:
        super().__init__(str(answer))
        self.answer = answer


class TransientFault(ServiceFault):
    """Likely to pass by itself: the client backs off and tries again."""

    kind = "transient"


class Throttled(TransientFault):
    """More requests than the account may send."""

    kind = "throttle"
    reason = "service_throttled"


class ServiceUnreachable(TransientFault):
    """Nothing that came back was an answer of the API."""

    kind = "unreachable"
    reason = "service_unreachable"


class PictureNotDownloaded(TransientFault):
    """The service could not fetch the address; another address, or the picture itself, may do."""

    reason = "picture_not_downloaded"


class CredentialsRefused(ServiceFault):
    """The key is unknown, wrong or expired, also after the secret was fetched anew."""

    kind = "credentials"
    reason = "credentials_refused"


class NeedsAPerson(ServiceFault):
    """Trying again within the invocation changes nothing."""


class AccountBlocked(NeedsAPerson):
    """Arrears, a missing permission, or an Action that was taken offline."""

    kind = "account"
    reason = "account_blocked"


class RequestRefused(NeedsAPerson):
    """Our request or configuration is at fault, or the code is unknown."""

    reason = "request_refused"


class CredentialsMissing(Unanswered):
    """The secret holds no usable key: `make secret` fills it."""

    reason = "credentials_missing"


class StorageFault(Unanswered):
    """S3, DynamoDB, SNS or Secrets Manager failed; `service` and `code` say which and how."""

    reason = "storage_fault"

    def __init__(self, service: str, code: str) -> None:
        super().__init__(f"{service}: {code}")
        self.service = service
        self.code = code
        self.answer = ErrorAnswer(f"{service}.{code}", "AWS failed")


class Leased(Unanswered):
    """Another invocation holds the lease on this upload."""

    reason = "leased"


class LeaseLost(Unanswered):
    """The lease ran out and somebody took over before this invocation could record."""

    reason = "lease_lost"


class GivenUp(Unanswered):
    """The upload was recorded and announced as failed; its message belongs in FailedUploads."""

    reason = "given_up"


class NotAnUpload(LivenessError):
    """An event, or a record of one, whose shape nobody has told us how to read."""


class NotOurs(LivenessError):
    """An event that names a bucket which is not this stack's; nothing of it is looked at."""
