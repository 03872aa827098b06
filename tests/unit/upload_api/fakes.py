"""In-memory fakes of what the upload API uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from liveness.errors import AwsServiceError
from liveness.models import Outcome, Upload, Verdict
from upload_api.attempts import Answered, AttemptHistory
from upload_api.uploads import (
    Person,
    PictureForm,
    PictureRows,
    RevisionChangedError,
    UploadExpiredError,
    UploadRequest,
)


@dataclass
class AttemptsInMemory:
    """Attempts by person, with the condition on the revision that DynamoDB checks."""

    histories: dict[str, AttemptHistory] = field(default_factory=dict)
    started: dict[tuple[str, str], datetime] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    before_write: Callable[[], None] = lambda: None
    error: AwsServiceError | None = None

    def history(self, person: Person) -> AttemptHistory:
        if self.error:
            raise self.error
        return self.histories.get(person.hash, AttemptHistory())

    def add(
        self, person: Person, history: AttemptHistory, upload_id: str, forget_at: datetime
    ) -> None:
        if (person.hash, upload_id) in self.started:
            raise UploadExpiredError
        self.lock(person, history, forget_at)
        self.started[person.hash, upload_id] = history.attempts[-1].started_at

    def lock(self, person: Person, history: AttemptHistory, forget_at: datetime) -> None:
        self.before_write()
        if self.history(person).revision != history.revision:
            raise RevisionChangedError
        self.histories[person.hash] = replace(history, revision=history.revision + 1)

    def started_at(self, person: Person, upload_id: str) -> datetime | None:
        return self.started.get((person.hash, upload_id))

    def close(self, person: Person, upload_id: str) -> None:
        self.closed.append(upload_id)

    def erase(self, person: Person, upload_id: str) -> None:
        history = self.history(person)
        attempts = tuple(
            replace(each, is_erased=each.is_erased or each.upload_id == upload_id)
            for each in history.attempts
        )
        self.histories[person.hash] = replace(history, attempts=attempts)
        self.started.pop((person.hash, upload_id), None)


@dataclass
class VerdictsInMemory:
    """Rows by key, each list in the order of upload."""

    by_key: dict[str, PictureRows] = field(default_factory=dict)
    reads: int = 0
    after_reads: Callable[[int], None] = lambda _: None

    def decide(self, key: str, outcome: Outcome, at: datetime, **facts: str) -> None:
        upload = Upload("bucket", key, "v1", at)
        verdict = Verdict(upload, outcome, at, **facts)  # type: ignore[arg-type]  # reason, advice
        self.by_key[key] = PictureRows(verdict, versions=("v1",))

    def answered(self, person: Person, since: datetime) -> dict[str, Answered]:
        return {
            key.rpartition("/")[2]: Answered()
            for key, rows in self.by_key.items()
            if key.startswith(f"selfies/{person.hash}/") and rows.verdict
        }

    def rows(self, key: str) -> PictureRows:
        self.reads += 1
        self.after_reads(self.reads)
        return self.by_key.get(key, PictureRows())

    def delete(self, key: str, versions: tuple[str, ...]) -> None:
        rows = self.by_key.pop(key, PictureRows())
        assert rows.versions == versions


@dataclass
class PicturesInMemory:
    """Forms that say what they were made for, and the keys that were erased."""

    erased: list[str] = field(default_factory=list)

    def form(
        self, person: Person, key: str, request: UploadRequest, lifetime: timedelta
    ) -> PictureForm:
        fields = {"key": key, "x-amz-meta-subject": person.subject, "for": str(lifetime)}
        return PictureForm("https://bucket.example/", fields)

    def erase(self, key: str) -> None:
        self.erased.append(key)
