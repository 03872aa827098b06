"""What was done for one upload in one delivery, for whoever reads logs, metrics and traces."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from liveness.model import Attempt, Outcome


class Step(StrEnum):
    """What an upload goes through (design, "The story of one upload")."""

    CLAIM = "claim"
    LOOK = "look"
    EXAMINE = "examine"
    ASK = "ask"
    RECORD = "record"
    KEEP = "keep"
    RELEASE = "release"
    ANNOUNCE = "announce"
    MARK = "mark"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement that SNS has taken: `message_id` is SNS's own."""

    outcome: Outcome
    message_id: str
    at: datetime


@dataclass(slots=True)
class Story:
    """Filled while the delivery is worked on; it names steps and codes, and quotes nothing.

    `took` has seconds; a step that was taken several times has their sum. `span` is entered
    around each step, in the thread that takes it.
    """

    clock: Callable[[], float] = time.monotonic
    span: Callable[[Step], AbstractContextManager[object]] = nullcontext
    took: dict[Step, float] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    took_over: bool = False
    announced: Announced | None = None

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        """Note how long the block takes, whatever becomes of it."""
        began = self.clock()
        try:
            with self.span(step):
                yield
        finally:
            self.took[step] = self.took.get(step, 0.0) + self.clock() - began
