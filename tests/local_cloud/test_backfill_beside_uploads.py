"""A live upload waits for a few old pictures of a backfill, and never for those in flight.

The report says how long they waited. The service takes 0.5 s a call and 50 calls a second, as in
docs/capacity.md, which has the figures.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from local.cloud import LocalCloud
from tests.local_cloud.buckets import without_bucket_notifications
from tests.local_cloud.old_pictures import OldPictures, Picture
from tests.local_cloud.table import Table

# Twice the uploads of the fault suite (`make faults UPLOADS=…`).
PICTURES = 2 * int(os.environ.get("UPLOADS", "1000"))
RATE = 20
LIVE_UPLOADS, QUIET_UPLOADS = 60, 20
# At once, so that sandboxes for five batches and some uploads are warm: a cold start is not a wait.
WARM_UPLOADS = 8
QUIET_SECONDS = 1.0
DECIDED_WITHIN_SECONDS = 120.0
CALLS_PER_SECOND = 50
# Behind those in flight, a live upload would wait for 300 (operations/backfill_feed.py).
MAX_DECIDED_BEFORE = 100


@dataclass(frozen=True, slots=True)
class Wait:
    """From the upload to its publication, in seconds since the epoch."""

    started: float
    published: float

    @property
    def seconds(self) -> float:
        return self.published - self.started


@dataclass(frozen=True, slots=True)
class LiveUploads:
    """Uploads to the bucket one after another, and how long each waited until it was published."""

    pictures: OldPictures
    table: Table

    def send(self, name: str, count: int, interval: float) -> Sequence[Wait]:
        """Upload so many, one each `interval` seconds; return the wait of each."""
        with ThreadPoolExecutor(count) as pool:
            waiting = []
            for number in range(count):
                waiting.append(pool.submit(self._wait, f"live-{name}-{number:05}.jpg"))
                time.sleep(interval)
            return [each.result() for each in waiting]

    def _wait(self, name: str) -> Wait:
        started = time.time()
        picture: Picture = self.pictures.put_one(name)
        row = self.table.wait_for_row(
            lambda row: "published_at" in row, picture, within=DECIDED_WITHIN_SECONDS
        )
        return Wait(started, _seconds(row["published_at"]))


@pytest.fixture
def _service(cloud: LocalCloud) -> Iterator[None]:
    control = cloud.detectliveface.control
    control.set_rules({"effect": "slow-500~100"})
    control.set_rate(CALLS_PER_SECOND)
    yield
    control.set_rules()
    control.set_rate(None)


@pytest.mark.slow
@pytest.mark.usefixtures("_service")
def test_no_live_upload_waits_for_the_old_pictures_in_flight(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    old = OldPictures(cloud, "backfill-many/", {})
    uploads = LiveUploads(
        OldPictures(cloud, "backfill-live/", {}),
        Table(cloud.emulator, cloud.outputs["VerdictsTableName"]),
    )
    names = [f"live-{number:05}.jpg" for number in range(PICTURES)]
    with without_bucket_notifications(cloud), ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(old.put_one, names))
    uploads.send("warm", WARM_UPLOADS, 0)
    usual = uploads.send("quiet", QUIET_UPLOADS, QUIET_SECONDS)
    started = time.monotonic()
    output = tmp_path / "output"
    with output.open("w") as file, old.start_backfill(file, "--rate", str(RATE)) as running:
        beside = uploads.send("beside", LIVE_UPLOADS, PICTURES / RATE / LIVE_UPLOADS)
        assert running.wait() == 0
    seconds = time.monotonic() - started
    report = (
        f"{PICTURES:,} pictures in {seconds:.0f} s, {PICTURES / seconds:.1f} a second; "
        f"usual: {_figures(usual)}; beside the backfill: {_figures(beside)}"
    )
    sys.stdout.write(f"\n{output.read_text()}{report}\n")

    assert f"{PICTURES:,} of {PICTURES:,} decided (100%)" in output.read_text()
    assert set(old.outcomes(pictures)) == {"live"}
    assert old.billed() == dict.fromkeys(names, 1)
    live = uploads.pictures.billed()
    assert set(live.values()) == {1}
    assert len(live) == WARM_UPLOADS + QUIET_UPLOADS + LIVE_UPLOADS
    table = uploads.table
    decided = [_seconds(table.row(picture)["decided_at"]) for picture in pictures]
    before = [sum(each.started < at < each.published for at in decided) for each in beside]
    assert max(before) <= MAX_DECIDED_BEFORE, report


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _figures(waits: Sequence[Wait]) -> str:
    ordered = sorted(each.seconds for each in waits)
    median = statistics.median(ordered)
    late = ordered[round(0.95 * (len(ordered) - 1))]
    return f"p50 {median:.2f} s, p95 {late:.2f} s, longest {ordered[-1]:.2f} s"
