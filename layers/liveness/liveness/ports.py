"""The collaborators of the use case, as small as it needs them, and what passes between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Protocol

from liveness.model import (
    Attempt,
    Deadline,
    Detection,
    Facts,
    Judgement,
    Picture,
    Upload,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """One version of an object: its size in bytes, whose it is, and a seekable reader of it."""

    size: int
    subject: str | None
    content: BinaryIO


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to decide on an upload, until it expires.

    `taken_over` tells that somebody had it before and never came to an end.
    """

    upload: Upload
    owner: str
    taken_over: bool = False


@dataclass(frozen=True, slots=True)
class KeptJudgement:
    """A judgement that was paid for and that the table did not take, and the lease it belongs to.

    Who knows the lease's owner was given the lease.
    """

    lease: Lease
    judgement: Judgement
    decided_at: datetime
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What the table holds of an upload that somebody has decided on."""

    facts: Facts
    announced: bool


class Pictures(Protocol):
    """Where uploads are kept."""

    def look(self, upload: Upload) -> StoredPicture:
        """Read the first bytes of that very version. Raises PictureUnfit where it is gone."""

    def address(self, upload: Upload) -> str:
        """Sign a fresh address, good for minutes, from which anybody may read that version."""

    def read(self, upload: Upload) -> bytes:
        """Read the whole of it."""

    def erase(self, upload: Upload) -> None:
        """Remove that version for good; nothing happens where it is gone."""


class Judge(Protocol):
    """Who tells bona fide presentations from attacks."""

    def detect(
        self,
        *,
        url: str | None = None,
        image: bytes | None = None,
        deadline: Deadline,
        watcher: Callable[[Attempt], None],
    ) -> Detection:
        """Judge one picture and tell `watcher` of every request.

        Raises PictureRejected or a ServiceFault.
        """


class Verdicts(Protocol):
    """Where answers are kept, and who may give them."""

    def claim(
        self, upload: Upload, lease_for: timedelta, *, reopen_failed: bool
    ) -> Lease | Decided:
        """Take the lease, or tell what is decided already. Raises Leased."""

    def record(self, lease: Lease, verdict: Verdict) -> Facts:
        """Keep the verdict. Raises LeaseLost."""

    def mark_announced(self, facts: Facts) -> None:
        """Note that everybody was told."""

    def release(self, lease: Lease) -> None:
        """Give the lease back undecided, so that the next try need not wait for its end."""


class Safekeeping(Protocol):
    """Where a judgement waits for the table."""

    def keep(self, kept: KeptJudgement) -> None:
        """Keep it and bring its upload back with it, after a while."""


class Announcements(Protocol):
    """Who needs to know."""

    def announce(self, facts: Facts) -> str:
        """Tell everybody, at least once, and return the message's id."""
