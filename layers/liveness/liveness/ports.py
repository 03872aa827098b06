"""What the use case needs from outside: small protocols, implemented in `aws/` and `tencent/`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from liveness.credentials import TencentCredentials
from liveness.models import (
    Deadline,
    DeferredVerdict,
    Detection,
    DetectionAttempt,
    ImageHead,
    Lease,
    PictureUse,
    StoredVerdict,
    Upload,
    Verdict,
)


class ImageStore(Protocol):
    """Where uploads are stored. Every method may raise AwsServiceError."""

    def identify(self, upload: Upload) -> Upload:
        """Name the version, where the event did not. Raises ObjectNotFoundError."""

    def find(self, bucket: str, key: str, version_id: str | None) -> Upload:
        """Describe one version, or the current one. Raises ObjectNotFoundError."""

    def read_head(self, upload: Upload) -> ImageHead:
        """Read the first bytes of that version. Raises ImageRejectedError where it is gone."""

    def presign(self, upload: Upload) -> str:
        """Presign a URL, valid for minutes, from which anybody may read that version."""

    def read(self, upload: Upload) -> bytes:
        """Read the whole image."""

    def erase(self, upload: Upload) -> None:
        """Delete that version permanently; nothing happens where it is gone."""

    def tag(self, upload: Upload, tags: Mapping[str, str]) -> bool:
        """Set tags of that version beside those it has; False where it cannot have them."""


class LivenessDetector(Protocol):
    """Distinguishes bona fide presentations from presentation attacks."""

    def detect(
        self,
        *,
        url: str | None = None,
        image: bytes | None = None,
        deadline: Deadline,
        on_attempt: Callable[[DetectionAttempt], None],
    ) -> Detection:
        """Detect on one image, and report every request to `on_attempt`.

        Raises ImageRejectedByServiceError, a DetectionError, or what the CredentialsProvider
        raises.
        """


class CredentialsProvider(Protocol):
    """Where the API key comes from. Both may raise CredentialsMissingError or AwsServiceError."""

    def current(self) -> TencentCredentials:
        """Return the key, perhaps from a cache."""

    def refreshed(self) -> TencentCredentials:
        """Fetch the key anew."""


class DigestKey(Protocol):
    """Where the key of digests comes from (`digests.py`)."""

    def current(self) -> bytes:
        """Return the key, perhaps from a cache. Raises AwsServiceError."""


class VerdictStore(Protocol):
    """Where verdicts and leases are kept. Every method may raise AwsServiceError."""

    def acquire_lease(self, upload: Upload, duration: timedelta) -> Lease | StoredVerdict:
        """Acquire the lease, or return the verdict that exists. Raises LeaseHeldError."""

    def save(self, lease: Lease, verdict: Verdict) -> None:
        """Replace the lease by the verdict. Raises LeaseLostError."""

    def read(self, upload: Upload) -> StoredVerdict | None:
        """Read the verdict as it is now; None while there is none."""

    def uses_of(self, picture_digest: str) -> Sequence[PictureUse]:
        """Find the first uploads with this digest that have a verdict, the oldest first."""

    def mark_published(self, verdict: Verdict) -> None:
        """Set `published_at`."""

    def release_lease(self, lease: Lease) -> None:
        """End a lease without a verdict, so that the next delivery need not wait for its end."""


class RetryQueue(Protocol):
    """What delivers an upload again."""

    def defer(self, deferred: DeferredVerdict) -> None:
        """Send a verdict that the table did not take; a later delivery saves it."""


class UploadForms(Protocol):
    """The upload API's forms: each is for one picture. May raise AwsServiceError."""

    def use(self, upload: Upload) -> None:
        """Use up the upload's form. Raises ImageRejectedError where another version has."""


class VerdictPublisher(Protocol):
    """Who notifies the services that need to know."""

    def publish(self, verdict: Verdict) -> str:
        """Publish at least once, and return the notification's id. Raises AwsServiceError."""
