"""The picture of one upload, read in other threads: whose it is, and if it was used before.

Two pictures with the same digest (`digests.py`) are taken for the same one.
"""

from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass, field, replace

from liveness.digests import picture_digest
from liveness.errors import ImageRejectedError, LivenessError
from liveness.image_rules import FIRST_BYTES
from liveness.models import ImageHead, Outcome, Reuse, Upload, Verdict
from liveness.ports import DigestKey, ImageStore, UploadForms, VerdictStore
from liveness.reuse import reuse_in
from liveness.trace import Span, UploadTrace

# DynamoDB's limit of an index's partition key; an item with a longer one is refused.
MAX_SUBJECT_BYTES = 2048
MAX_CONSENT_ID_BYTES = 128


@dataclass(slots=True)
class Picture:
    """Reading the head begins at once, and using up its form; finding other uses, on request."""

    upload: Upload
    images: ImageStore
    verdicts: VerdictStore
    digest_key: DigestKey
    forms: UploadForms | None
    executor: Executor
    trace: UploadTrace
    head: Future[ImageHead] = field(init=False)
    _form_use: Future[None] | None = None
    _is_judged: bool = False
    _reuse: Future[tuple[str | None, Reuse | None]] | None = None

    def __post_init__(self) -> None:
        self.head = self.executor.submit(self._read_head)
        if self.forms:
            self._form_use = self.executor.submit(self.forms.use, self.upload)

    def require_unused_form(self) -> None:
        """Raise ImageRejectedError where the upload's form brought another picture before."""
        if self._form_use:
            self._form_use.result()

    def find_reuse(self) -> None:
        """Look for other uses in another thread, while the caller waits for something else.

        The picture is to be judged. Of one that is not, the digest is enough.
        """
        self._is_judged = True
        self._reuse = self.executor.submit(self._digest_and_reuse)

    def describe_in(self, verdict: Verdict) -> Verdict:
        """Add whose picture it is, and whether it was used before, whatever the verdict has.

        A picture that is gone has none of that, and `failed` does without what cannot be read.
        Raises AwsServiceError; called again, it looks for other uses again.
        """
        subject = consent_id = digest = reuse = None
        begun, self._reuse = self._reuse, None
        is_failed = verdict.outcome is Outcome.FAILED
        with suppress(LivenessError if is_failed else ImageRejectedError):
            head = self.head.result()
            subject, consent_id = head.subject, head.consent_id
            digest, reuse = begun.result() if begun else self._digest_and_reuse()
        return replace(
            verdict, subject=subject, consent_id=consent_id, picture_digest=digest, reuse=reuse
        )

    def _read_head(self) -> ImageHead:
        with self.trace.span(Span.READ_HEAD):
            head = self.images.read_head(self.upload)
        if len((head.subject or "").encode()) > MAX_SUBJECT_BYTES:
            self.trace.subject_ignored = True
            head = replace(head, subject=None)
        if len((head.consent_id or "").encode()) > MAX_CONSENT_ID_BYTES:
            self.trace.consent_id_ignored = True
            head = replace(head, consent_id=None)
        return head

    def _digest_and_reuse(self) -> tuple[str | None, Reuse | None]:
        head = self.head.result()
        if head.size <= 0:
            # All empty files are equal.
            return None, None
        with self.trace.span(Span.FIND_REUSE):
            first_bytes = head.read(0, min(head.size, FIRST_BYTES))
            digest = picture_digest(self.digest_key.current(), first_bytes, head.size)
            uses = self.verdicts.uses_of(digest) if self._is_judged else ()
        return digest, reuse_in(uses, self.upload, head.subject)
