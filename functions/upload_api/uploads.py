"""The use case: start an upload, answer for it, and erase it, each for its own subject only."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from liveness.models import Verdict
from upload_api.attempts import Answered, AttemptHistory, AttemptLimits, TooManyAttemptsError

# How often the table is read while a phone waits: soon at first, then once a second.
_FIRST_POLL, _LONGEST_POLL = 0.25, 1.0
# A concurrent request of the same subject changed the attempts meanwhile.
_TRIES = 3


class UploadNotFoundError(Exception):
    """The subject has no upload with that id."""


class UploadExpiredError(Exception):
    """The upload was started before, and its form has expired, or it was erased."""


class VerdictPendingError(Exception):
    """The verdict on the upload is being decided."""


class ConcurrentRequestError(Exception):
    """Other requests of the same subject kept changing the attempts."""


class RevisionChangedError(Exception):
    """Another request changed the attempts since they were read."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose token it is, and the hash that stands for them in keys."""

    subject: str
    hash: str


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What the phone wants to upload; `upload_id` is chosen by us."""

    upload_id: str
    content_type: str
    consent_id: str | None = None


@dataclass(frozen=True, slots=True)
class PictureForm:
    """A presigned POST, as boto3 returns it: send `fields`, then the picture as `file`."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class StartedUpload:
    """An upload that may arrive until `expires_at`."""

    upload_id: str
    expires_at: datetime
    form: PictureForm


@dataclass(frozen=True, slots=True)
class UploadStatus:
    """An upload, and its verdict once there is one."""

    upload_id: str
    verdict: Verdict | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PictureRows:
    """What the verdicts table has of one object: the verdict that counts, and any lease."""

    verdict: Verdict | None = None
    is_leased: bool = False
    versions: tuple[str, ...] = ()


class Attempts(Protocol):
    """Where attempts are counted. Every method may raise AwsServiceError."""

    def history(self, person: Person) -> AttemptHistory:
        """Read what the person started before."""

    def add(
        self, person: Person, history: AttemptHistory, upload_id: str, forget_at: datetime
    ) -> None:
        """Store a history with a new upload.

        Raises RevisionChangedError, or UploadExpiredError where the upload was started before.
        """

    def lock(self, person: Person, history: AttemptHistory, forget_at: datetime) -> None:
        """Store a history with a lockout. Raises RevisionChangedError."""

    def started_at(self, person: Person, upload_id: str) -> datetime | None:
        """When the upload was started; None where the person has none of that id."""

    def close(self, person: Person, upload_id: str) -> None:
        """Use up the upload's form, so that no further picture is judged."""

    def erase(self, person: Person, upload_id: str) -> None:
        """Forget an upload; it no longer is open. Raises RevisionChangedError."""


class Verdicts(Protocol):
    """The verdicts table. Every method may raise AwsServiceError."""

    def answered(self, person: Person, since: datetime) -> dict[str, Answered]:
        """The person's uploads since then that have a verdict, by upload id."""

    def rows(self, key: str) -> PictureRows:
        """What is known of the object with that key."""

    def delete(self, key: str, versions: tuple[str, ...]) -> None:
        """Delete the object's rows."""


class Pictures(Protocol):
    """The upload bucket. Every method may raise AwsServiceError."""

    def form(
        self, person: Person, key: str, request: UploadRequest, lifetime: timedelta
    ) -> PictureForm:
        """Presign a POST of one picture of this person, to this key only."""

    def erase(self, key: str) -> None:
        """Delete all versions of the object."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """The collaborators and limits; all are safe for threads."""

    attempts: Attempts
    verdicts: Verdicts
    pictures: Pictures
    limits: AttemptLimits
    executor: Executor
    now: Callable[[], datetime]
    on_lockout: Callable[[], None]
    sleep: Callable[[float], None] = time.sleep

    def start(self, person: Person, request: UploadRequest) -> StartedUpload:
        """Count the attempt, once for each upload id, then presign the POST.

        Raises UploadOpenError, TooManyAttemptsError, UploadExpiredError or ConcurrentRequestError.
        """
        for _ in range(_TRIES):
            try:
                started_at = self._count(person, request.upload_id)
            except RevisionChangedError:
                continue
            expires_at = started_at + self.limits.lifetime
            lifetime = expires_at - self.now()
            if lifetime <= timedelta(0):
                raise UploadExpiredError
            key = picture_key(person, request.upload_id)
            form = self.pictures.form(person, key, request, lifetime)
            return StartedUpload(request.upload_id, expires_at, form)
        raise ConcurrentRequestError

    def status(self, person: Person, upload_id: str, wait: timedelta) -> UploadStatus:
        """The upload's verdict, for which `wait` may pass. Raises UploadNotFoundError."""
        key = picture_key(person, upload_id)
        started = self.executor.submit(self.attempts.started_at, person, upload_id)
        until, delay = time.monotonic() + wait.total_seconds(), _FIRST_POLL
        verdict = self.verdicts.rows(key).verdict
        started_at = started.result()
        if verdict is None and started_at is None:
            raise UploadNotFoundError
        while verdict is None and time.monotonic() + delay < until:
            self.sleep(delay)
            delay = min(2 * delay, _LONGEST_POLL)
            verdict = self.verdicts.rows(key).verdict
        expires_at = started_at + self.limits.lifetime if started_at else None
        return UploadStatus(upload_id, verdict, expires_at)

    def erase(self, person: Person, upload_id: str) -> None:
        """Erase the picture, then what is stored about it.

        Raises UploadNotFoundError, or VerdictPendingError, after which nothing was erased.
        """
        key = picture_key(person, upload_id)
        started = self.executor.submit(self.attempts.started_at, person, upload_id)
        rows = self.verdicts.rows(key)
        if started.result() is None and rows.verdict is None:
            raise UploadNotFoundError
        if rows.is_leased:
            raise VerdictPendingError
        self.attempts.close(person, upload_id)
        self.pictures.erase(key)
        self.verdicts.delete(key, rows.versions)
        self.attempts.erase(person, upload_id)

    def _count(self, person: Person, upload_id: str) -> datetime:
        now = self.now()
        since = now - max(self.limits.window, self.limits.lifetime)
        answered = self.executor.submit(self.verdicts.answered, person, since)
        history = self.attempts.history(person)
        try:
            after = self.limits.start(history, upload_id, answered.result(), now)
        except TooManyAttemptsError as refused:
            if refused.is_new:
                locked = refused.history
                self.attempts.lock(person, locked, self.limits.expires_at(locked, now))
                self.on_lockout()
            raise
        if after is not history:
            forget_at = self.limits.expires_at(after, now)
            self.attempts.add(person, after, upload_id, forget_at)
        attempt = next(each for each in after.attempts if each.upload_id == upload_id)
        if attempt.is_erased:
            raise UploadExpiredError
        return attempt.started_at


def picture_key(person: Person, upload_id: str) -> str:
    """The object's key: nobody else's token leads to it."""
    return f"selfies/{person.hash}/{upload_id}"
