"""A service that needs to know: it remembers everything that it was told."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from liveness.model import Outcome
from local.subscriber import Subscriber

type Facts = Mapping[str, Any]

_LISTENS_SECONDS = 3.0


class Ear:
    """Announcements in the order of their arrival, by the version that they are about."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._told: dict[str, list[Facts]] = {}

    def hear(self, facts: Facts) -> None:
        """Remember one announcement."""
        with self._changed:
            self._told.setdefault(facts["version"], []).append(facts)
            self._changed.notify_all()

    def told_of(self, version: str) -> list[Facts]:
        """Everything that was announced of a version."""
        with self._changed:
            return list(self._told.get(version, ()))

    def answer_to(self, version: str) -> Facts | None:
        """The first announcement of a version that is not `failed`."""
        told = self.told_of(version)
        return next((facts for facts in told if facts["outcome"] != Outcome.FAILED), None)

    def everything(self) -> list[Facts]:
        """Every announcement so far."""
        with self._changed:
            return [facts for told in self._told.values() for facts in told]

    def heard_in(self, folder: str) -> list[Facts]:
        """Everything that was announced of a folder of the bucket."""
        return [facts for facts in self.everything() if f"/{folder}/" in facts["object"]]

    def wait_for(self, version: str, *, within: float) -> None:
        """Wait for an announcement of a version, or until the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: version in self._told, within)


@contextmanager
def listening(subscriber: Subscriber) -> Iterator[Ear]:
    """Listen until the end of the block."""
    ear, over = Ear(), threading.Event()

    def listen() -> None:
        while not over.is_set():
            for announcement in subscriber.announcements(within=_LISTENS_SECONDS):
                ear.hear(announcement.facts)

    thread = threading.Thread(target=listen, name="ear")
    thread.start()
    try:
        yield ear
    finally:
        over.set()
        thread.join()
