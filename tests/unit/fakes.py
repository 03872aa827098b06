"""The use case's collaborators, in memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from liveness.errors import Leased, LeaseLost, LivenessError, PictureRejected, ServiceFault
from liveness.kept import as_message
from liveness.model import Attempt, Deadline, Detection, Facts, Upload, Verdict
from liveness.ports import Decided, KeptJudgement, Lease, StoredPicture


@dataclass
class PicturesInMemory:
    """Uploads by version; an exception in place of bytes is raised."""

    by_version: dict[str, bytes | LivenessError]
    subject: str | None = None
    signed: int = 0
    read_whole: int = 0
    erased: list[Upload] = field(default_factory=list)

    def look(self, upload: Upload) -> StoredPicture:
        content = self._content(upload)
        return StoredPicture(len(content), self.subject, io.BytesIO(content))

    def address(self, upload: Upload) -> str:
        self.signed += 1
        return f"https://pictures.example/{upload.version}?signature={self.signed}"

    def read(self, upload: Upload) -> bytes:
        self.read_whole += 1
        return self._content(upload)

    def erase(self, upload: Upload) -> None:
        self.erased.append(upload)

    def _content(self, upload: Upload) -> bytes:
        content = self.by_version[upload.version]
        if isinstance(content, LivenessError):
            raise content
        return content


@dataclass
class ScriptedJudge:
    """Answers in order; an exception is raised. Remembers what it was asked with."""

    answers: list[Detection | LivenessError]
    asked: list[str | bytes] = field(default_factory=list)

    def detect(
        self,
        *,
        url: str | None = None,
        image: bytes | None = None,
        deadline: Deadline,
        watcher: Callable[[Attempt], None],
    ) -> Detection:
        assert deadline.left > 0
        asked = url if image is None else image
        assert asked is not None
        self.asked.append(asked)
        answer = self.answers.pop(0)
        if isinstance(answer, PictureRejected | ServiceFault):
            watcher(Attempt(0.25, answer.kind, answer.answer.code))
        if isinstance(answer, LivenessError):
            raise answer
        watcher(Attempt(0.25))
        return answer


@dataclass
class VerdictsInMemory:
    """One row for each (object, version), by the rules of the table."""

    rows: dict[tuple[str, str], dict[str, object]] = field(default_factory=dict)
    facts: dict[tuple[str, str], Facts] = field(default_factory=dict)
    owners: int = 0
    leased_for: timedelta | None = None

    def claim(
        self, upload: Upload, lease_for: timedelta, *, reopen_failed: bool = True
    ) -> Lease | Decided:
        self.leased_for = lease_for
        key = (upload.object, upload.version)
        row = self.rows.get(key, {})
        if "outcome" in row and not (reopen_failed and row["outcome"] == "failed"):
            return Decided(self.facts[key], announced=bool(row.get("announced")))
        if "owner" in row and "outcome" not in row:
            raise Leased("until later")
        self.owners += 1
        self.rows[key] = {"owner": str(self.owners)}
        return Lease(upload, str(self.owners))

    def record(self, lease: Lease, verdict: Verdict) -> Facts:
        key = (lease.upload.object, lease.upload.version)
        if self.rows.get(key, {}).get("owner") != lease.owner:
            raise LeaseLost("to somebody else")
        self.facts[key] = verdict.facts()
        self.rows[key] = {"owner": lease.owner, "outcome": verdict.outcome.value}
        return self.facts[key]

    def mark_announced(self, facts: Facts) -> None:
        self.rows[str(facts["object"]), str(facts["version"])]["announced"] = True

    def release(self, lease: Lease) -> None:
        self.rows.pop((lease.upload.object, lease.upload.version))


@dataclass
class SafekeepingInMemory:
    """The messages in which judgements wait for the table; a fault is raised."""

    messages: list[str] = field(default_factory=list)
    fault: LivenessError | None = None

    def keep(self, kept: KeptJudgement) -> None:
        if self.fault:
            raise self.fault
        self.messages.append(as_message(kept))


@dataclass
class AnnouncementsInMemory:
    """Everything that was announced, in order; `before` runs first and may raise."""

    told: list[Facts] = field(default_factory=list)
    before: Callable[[Facts], None] = lambda _facts: None

    def announce(self, facts: Facts) -> str:
        self.before(facts)
        self.told.append(facts)
        return f"message-{len(self.told)}"
