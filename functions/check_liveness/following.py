"""Uploads followed while they are worked on: X-Ray subsegments, and a line for each step at DEBUG.

What is told here names an upload by its id alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger, Tracer

from liveness.model import Upload
from liveness.story import Step, Story


class Following:
    """Follows the uploads of one invocation, whatever thread they are worked on in.

    Made in the invocation's own thread. X-Ray's SDK keeps what is at work for each thread, and
    the threads of a pool still have what was left there by an earlier invocation.
    """

    def __init__(self, tracer: Tracer, logger: Logger) -> None:
        self._tracer = tracer
        self._logger = logger
        recorder: Any = tracer.provider
        self._recorder = recorder
        self._invocation = recorder.get_trace_entity()

    @contextmanager
    def story(self, upload: Upload) -> Iterator[Story]:
        """Give a story for the upload, each step of which is told as it ends."""
        recorder, logger = self._recorder, self._logger
        recorder.set_trace_entity(self._invocation)
        with recorder.in_subsegment("## upload") as around:

            @contextmanager
            def span(step: Step) -> Iterator[None]:
                recorder.set_trace_entity(around)
                try:
                    with recorder.in_subsegment(f"## {step}"):
                        yield
                finally:
                    told = {"upload_id": upload.id, "step": step.value}
                    logger.debug("step taken", extra=told)

            story = Story(span=span)
            self._tracer.put_annotation("upload_id", upload.id)
            try:
                yield story
            finally:
                recorder.set_trace_entity(around)
                if story.announced:
                    self._tracer.put_annotation("outcome", story.announced.outcome.value)
