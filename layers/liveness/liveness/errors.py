"""The error tree.

The tree answers "should this be retried, and by whom?"::

    LivenessError
    ├── ImageRejectedError                 nobody: the person takes another picture (`retake`)
    │   └── ImageRejectedByServiceError        … says the service
    ├── NoVerdictError                     RetryQueue redelivers the upload
    │   ├── DetectionError                     the service did not detect
    │   │   ├── TransientError                     the client first, with backoff
    │   │   │   ├── ThrottledError
    │   │   │   ├── ServiceUnreachableError            nothing usable came back
    │   │   │   └── ImageDownloadError                 the use case: inline fallback
    │   │   ├── CredentialsRefusedError            the client once, with a refreshed secret; alarm
    │   │   └── NonRetryableError                  nobody within the invocation; alarm
    │   │       ├── AccountBlockedError                arrears, permissions, a retired Action
    │   │       ├── RequestRefusedError                our request or setup, and unknown codes
    │   │       └── UnknownModelError                  nobody: an answer, billed, without a rule
    │   ├── CredentialsMissingError            the secret is empty or malformed; alarm
    │   ├── AwsServiceError                    S3, DynamoDB, SNS, SQS or Secrets Manager failed
    │   ├── LeaseHeldError                     another invocation processes the upload
    │   └── LeaseLostError                     another invocation took the upload over
    ├── UnknownEventError                  an event of unknown shape; an operator
    ├── ObjectNotFoundError                an event without version or object; an operator
    └── ForeignBucketError                 an event about another bucket or prefix; an operator
"""

from liveness.models import ErrorResponse, Image

# AWS's codes for errors that only another request, policy or stack can avoid.
_PERMANENT = frozenset(
    {"AccessDeniedException", "ResourceNotFoundException", "ValidationException"}
)


class LivenessError(Exception):
    """What can stand between an upload and its verdict; `reason` is a stable code."""

    reason = "unknown"


class ImageRejectedError(LivenessError):
    """The image cannot be judged. `reason` is a stable code, `advice` a sentence for the app.

    `image` has what is known of it, once its size in pixels could be read.
    """

    def __init__(self, reason: str, advice: str, image: Image | None = None) -> None:
        super().__init__(f"{reason}: {advice}")
        self.reason = reason
        self.advice = advice
        self.image = image


class ImageRejectedByServiceError(ImageRejectedError):
    """The service rejected the image with an error of the kind `image`."""

    kind = "image"

    def __init__(self, reason: str, advice: str, response: ErrorResponse) -> None:
        super().__init__(reason, advice)
        self.response = response


class NoVerdictError(LivenessError):
    """No verdict yet; the upload must be delivered again.

    `reason` is the stable code of a `failed` verdict, `response` what the failing service
    answered, if it did. `is_final` says that another delivery would only be billed again.
    """

    reason = "unanswered"
    is_final = False
    response: ErrorResponse | None = None


class DetectionError(NoVerdictError):
    """The service did not detect; `response` is its answer, `kind` says who can act."""

    kind = "request"
    reason = "service_fault"
    response: ErrorResponse

    def __init__(self, response: ErrorResponse) -> None:
        super().__init__(str(response))
        self.response = response


class TransientError(DetectionError):
    """Likely to pass by itself: the client backs off and tries again."""

    kind = "transient"


class ThrottledError(TransientError):
    """More requests than the account may send."""

    kind = "throttle"
    reason = "service_throttled"


class ServiceUnreachableError(TransientError):
    """Nothing that came back was an answer of the API."""

    kind = "unreachable"
    reason = "service_unreachable"


class ImageDownloadError(TransientError):
    """The service could not download the URL; a fresh URL, or the image itself, may do."""

    reason = "picture_not_downloaded"


class CredentialsRefusedError(DetectionError):
    """The key is unknown, wrong or expired, also after the secret was refreshed."""

    kind = "credentials"
    reason = "credentials_refused"


class NonRetryableError(DetectionError):
    """Trying again within the invocation changes nothing."""


class AccountBlockedError(NonRetryableError):
    """Arrears, a missing permission, or an Action that was taken offline."""

    kind = "account"
    reason = "account_blocked"


class RequestRefusedError(NonRetryableError):
    """Our request or configuration is at fault, or the code is unknown."""

    reason = "request_refused"


class UnknownModelError(NonRetryableError):
    """The service detected with a model that no rule of `decision.py` is about."""

    reason = "unknown_model"
    is_final = True


class CredentialsMissingError(NoVerdictError):
    """The secret holds no usable key: `make secret` fills it."""

    reason = "credentials_missing"


class AwsServiceError(NoVerdictError):
    """An AWS service failed; `is_permanent` says that the same request would fail again."""

    reason = "storage_fault"

    def __init__(self, service: str, code: str) -> None:
        super().__init__(f"{service}: {code}")
        self.service = service
        self.code = code
        self.is_permanent = code in _PERMANENT
        self.response = ErrorResponse(f"{service}.{code}", "AWS failed")


class LeaseHeldError(NoVerdictError):
    """Another invocation holds the lease on this upload."""

    reason = "leased"


class LeaseLostError(NoVerdictError):
    """The lease expired, and another invocation acquired it before this one could save."""

    reason = "lease_lost"


class UnknownEventError(LivenessError):
    """An event, or a record of one, of a shape that `events.py` does not read."""

    reason = "unknown_event"


class ObjectNotFoundError(LivenessError):
    """An event that names no version, and an ETag that no object has: not an upload."""

    reason = "object_not_found"


class ForeignBucketError(LivenessError):
    """An event that names a bucket or prefix which is not this stack's; it is not processed."""

    reason = "foreign_bucket"
