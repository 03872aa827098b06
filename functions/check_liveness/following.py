"""Uploads followed while they are worked on: X-Ray subsegments, and a line for each step at DEBUG.

What is told here names an upload by its id alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from liveness.model import Upload
from liveness.story import Step, Story
from tracing import Trace


@dataclass(frozen=True, slots=True)
class Following:
    """Follows the uploads of one invocation, whatever thread they are worked on in."""

    trace: Trace
    logger: Logger

    @contextmanager
    def story(self, upload: Upload) -> Iterator[Story]:
        """Give a story for the upload, each step of which is told as it ends."""
        with self.trace.subsegment("## upload") as around:
            around.annotations["upload_id"] = upload.id
            # Asked once: Powertools does half of its work before it looks at the level.
            tells_steps = self.logger.log_level <= logging.DEBUG

            @contextmanager
            def span(step: Step) -> Iterator[None]:
                try:
                    with self.trace.subsegment(f"## {step}", within=around):
                        yield
                finally:
                    if tells_steps:
                        told = {"upload_id": upload.id, "step": step.value}
                        self.logger.debug("step taken", extra=told)

            story = Story(span=span)
            try:
                yield story
            finally:
                if story.announced:
                    around.annotations["outcome"] = story.announced.outcome.value
