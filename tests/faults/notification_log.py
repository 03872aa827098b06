"""A subscriber that keeps every notification."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from liveness.models import Outcome
from local.subscriber import Subscriber

type Record = Mapping[str, Any]

_POLL_SECONDS = 3.0


class NotificationLog:
    """Notifications in the order of their arrival, by the version that they are about."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._by_version: dict[str, list[Record]] = {}

    def add(self, record: Record) -> None:
        """Keep one notification."""
        with self._changed:
            self._by_version.setdefault(record["version"], []).append(record)
            self._changed.notify_all()

    def about(self, version: str) -> list[Record]:
        """Every notification about a version."""
        with self._changed:
            return list(self._by_version.get(version, ()))

    def verdict_on(self, version: str) -> Record | None:
        """The first notification about a version that is not `failed`."""
        records = self.about(version)
        return next((each for each in records if each["outcome"] != Outcome.FAILED), None)

    def all(self) -> list[Record]:
        """Every notification so far."""
        with self._changed:
            return [record for records in self._by_version.values() for record in records]

    def about_folder(self, folder: str) -> list[Record]:
        """Every notification about a folder of the bucket."""
        return [record for record in self.all() if f"/{folder}/" in record["object"]]

    def wait_for(self, version: str, *, within: float) -> None:
        """Wait for a notification about a version, for at most `within` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: version in self._by_version, within)


@contextmanager
def collect_notifications(subscriber: Subscriber) -> Iterator[NotificationLog]:
    """Collect in a thread until the end of the block."""
    log, stopped = NotificationLog(), threading.Event()

    def collect() -> None:
        while not stopped.is_set():
            for notification in subscriber.notifications(within=_POLL_SECONDS):
                log.add(notification.record)

    thread = threading.Thread(target=collect, name="subscriber")
    thread.start()
    try:
        yield log
    finally:
        stopped.set()
        thread.join()
