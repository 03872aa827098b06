"""Every upload that an event tells of, brought to what it comes to in this delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from following import Following
from liveness.check import Checked
from liveness.errors import LivenessError, NotAnUpload, NotOurs, Unanswered
from liveness.events import uploads_in
from liveness.model import Upload
from liveness.story import Story

type Check = Callable[[Upload, Story], Checked]


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of one upload, and how; `upload` is None for what could not be read."""

    upload: Upload | None
    result: Checked | LivenessError
    story: Story = field(default_factory=Story)


def endings(
    event: Mapping[str, Any], bucket: str, check: Check, following: Following
) -> Sequence[Ending]:
    """Check every upload of an event; what could not be read of it comes last."""
    ended: list[Ending] = []
    try:
        for upload in uploads_in(event):
            with following.story(upload) as story:
                ended.append(Ending(upload, _result(upload, bucket, check, story), story))
    except NotAnUpload as unread:
        ended.append(Ending(None, unread))
    return ended


def _result(upload: Upload, bucket: str, check: Check, story: Story) -> Checked | LivenessError:
    if upload.bucket != bucket:
        return NotOurs("the event names another bucket")
    try:
        return check(upload, story)
    except Unanswered as fault:
        return fault


def faults(ended: Sequence[Ending]) -> Sequence[LivenessError]:
    """What kept uploads from their answer."""
    return [ending.result for ending in ended if isinstance(ending.result, LivenessError)]


def raise_if_any(ended: Sequence[Ending]) -> None:
    """Raise an ExceptionGroup of what kept uploads from their answer, if anything did."""
    if found := faults(ended):
        raise ExceptionGroup("uploads without an answer", found)
