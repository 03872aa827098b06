"""What was done for one upload in one delivery; observability makes log, metrics and traces of it.

The use case fills it and knows neither Powertools nor X-Ray.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from liveness.models import DetectionAttempt, Outcome


class Span(StrEnum):
    """The steps of processing an upload (`process_upload.py`)."""

    ACQUIRE_LEASE = "acquire_lease"
    READ_HEAD = "read_head"
    VALIDATE = "validate"
    DETECT = "detect"
    FIND_REUSE = "find_reuse"
    SAVE = "save"
    DEFER = "defer"
    RELEASE_LEASE = "release_lease"
    READ_VERDICT = "read_verdict"
    PUBLISH = "publish"
    MARK_PUBLISHED = "mark_published"
    ERASE = "erase"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Publication:
    """A notification that SNS took: its outcome, SNS's own id of it, and when."""

    outcome: Outcome
    sns_message_id: str
    published_at: datetime


@dataclass(slots=True)
class UploadTrace:
    """Durations, attempts and codes of one delivery; it quotes nothing of the upload.

    `durations` are seconds; a span that ran several times has their sum. `around_span` is entered
    around each span, in the thread that runs it.
    """

    clock: Callable[[], float] = time.monotonic
    around_span: Callable[[Span], AbstractContextManager[object]] = nullcontext
    durations: dict[Span, float] = field(default_factory=dict)
    detection_attempts: list[DetectionAttempt] = field(default_factory=list)
    lease_taken_over: bool = False
    subject_ignored: bool = False
    consent_id_ignored: bool = False
    not_tagged: bool = False
    deferral_cause: str | None = None
    publication: Publication | None = None

    @contextmanager
    def span(self, span: Span) -> Iterator[None]:
        """Measure how long the block takes, whether it succeeds or raises."""
        started = self.clock()
        try:
            with self.around_span(span):
                yield
        finally:
            self.durations[span] = self.durations.get(span, 0.0) + self.clock() - started
