"""What came of uploads, as log lines and metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from endings import Ending
from liveness.check import Checked, Course
from liveness.errors import LivenessError, StorageFault, Unanswered
from liveness.model import Attempt, Outcome, Upload
from liveness.story import Announced, Story
from metrics import Emitter

_KEPT = "dynamodb: took no verdict in time; it waits in RetryQueue"
_LOGGED = ("id", "outcome", "reason", "error_code", "request_id", "face_model_version")


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells one line for each upload of a delivery, with its whole story."""

    logger: Logger
    emitter: Emitter

    def tell(self, ended: Sequence[Ending], message_id: str | None = None) -> None:
        """Log and count endings; `message_id` is that of the queue's message, where one came."""
        self.emitter.add("Deliveries", len(ended))
        message = {"message_id": message_id} if message_id else {}
        for ending in ended:
            about = {**message, **_upload(ending.upload), **_story(ending)}
            match ending.result:
                case Checked(course=Course.KEPT as kept):
                    told = {"reason": StorageFault.reason, "error": _KEPT, "course": kept}
                    self._tell_fault({**about, **told})
                case Checked(facts, course):
                    known = {name: facts[name] for name in _LOGGED if name in facts}
                    self.logger.info("upload checked", extra={**about, "course": course, **known})
                case fault:
                    self._tell_fault({**about, "reason": _reason(fault), "error": str(fault)})
            self._count(ending)

    def _tell_fault(self, about: Mapping[str, Any]) -> None:
        self.logger.warning("no answer yet", extra=about)
        self.emitter.add("Faults", reason=about["reason"])

    def _count(self, ending: Ending) -> None:
        add, story, result = self.emitter.add, ending.story, ending.result
        for attempt in story.attempts:
            add("ServiceAttempts")
            add("ServiceLatency", attempt.seconds * 1000)
            if attempt.kind and attempt.code:
                add("ServiceErrors", kind=attempt.kind, code=attempt.code)
            else:
                add("Judgements")
        if story.took_over:
            add("ClaimsTakenOver")
        if isinstance(result, Checked) and result.course is Course.DUPLICATE:
            add("Duplicates")
        if story.announced and ending.upload:
            add("Uploads", outcome=story.announced.outcome)
            add("UploadToAnnouncement", _waited(ending.upload, story.announced))
            if isinstance(result, Checked) and story.announced.outcome is Outcome.RETAKE:
                add("Retakes", reason=str(result.facts["reason"]))


def _upload(upload: Upload | None) -> Mapping[str, Any]:
    if upload is None:
        return {}
    sequencer = {"sequencer": upload.sequencer} if upload.sequencer else {}
    return {
        "upload_id": upload.id,
        "object": upload.object,
        "version": upload.version,
        **sequencer,
    }


def _story(ending: Ending) -> Mapping[str, Any]:
    story: Story = ending.story
    told: dict[str, Any] = {}
    # The look may still be at work in its thread, where nobody needed it.
    if took := story.took.copy():
        told["steps"] = {step.value: round(seconds * 1000) for step, seconds in took.items()}
    if story.attempts:
        told["attempts"] = [_attempt(attempt) for attempt in story.attempts]
    if story.took_over:
        told["took_over"] = True
    if story.announced and ending.upload:
        told["outcome"] = story.announced.outcome.value
        told["announcement"] = story.announced.message_id
        told["upload_to_announcement_ms"] = _waited(ending.upload, story.announced)
    return told


def _attempt(attempt: Attempt) -> Mapping[str, Any]:
    took = {"ms": round(attempt.seconds * 1000)}
    return {**took, "code": attempt.code} if attempt.code else took


def _waited(upload: Upload, announced: Announced) -> int:
    """Milliseconds from S3's event until SNS took the announcement; clocks may differ a little."""
    return max(0, round((announced.at - upload.uploaded_at).total_seconds() * 1000))


def _reason(fault: LivenessError) -> str:
    return fault.reason if isinstance(fault, Unanswered) else type(fault).__name__
