"""A cloud behind fault proxies: sends uploads and observes what becomes of them."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from local.cloud import LocalCloud
from local.sam_cli import PROJECT, STACK_NAME
from tests.emitted import VERBOSE, Emitted, emitted, queued_bodies
from tests.faults.fault_rules import FaultRules
from tests.faults.function import DeployedFunction
from tests.faults.notification_log import NotificationLog
from tests.faults.report import ObservedUpload, Report, ScenarioResult, billed_calls
from tests.faults.uploads import PlannedUpload, SentUpload, unique_jpeg
from tests.local_cloud.polling import wait_until
from tests.xray_daemon import FakeXRayDaemon

# The emulator starts a process for each concurrent event, and again for each event that failed,
# which takes it a second. Meanwhile it answers slowly, the function's calls time out, and more
# events fail: so the first ones start one after another, and later ones wait until it answers.
CONCURRENCY = 5
RAMP_SECONDS = 1.2
_RESPONSIVE_SECONDS = 0.2
# A lease lasts 95 s, and nobody holds it where DynamoDB stored it and the response was lost.
# Nine attempts in 102 s outlast it, as those of an hour do.
FIRST_DELAY, LONGEST_DELAY = 4, 15
# Messages whose visibility could not be changed, or whose function was killed, return after this.
VISIBILITY = 20
# As in template.yaml.
MAX_ATTEMPTS = 9
_PUBLISHED_WITHIN_SECONDS = 2.0
_POLL_SECONDS = 0.5
_PROGRESS_INTERVAL_SECONDS = 10.0
# Idle for so long: an event that failed has arrived in RetryQueue by then.
_IDLE_SECONDS = 2.0
# Longer than an invocation detects and saves: nothing can be on its way into the queue any more.
_LOST_AFTER_SECONDS = 40.0
_AFTER_THE_LAST_CALL = 10**9

# Metadata that no part of the function needs: the search for leaks looks for it.
NOTE_NAME, NOTE = "private-name-" + secrets.token_hex(8), "private-note-" + secrets.token_hex(16)

type AfterUpload = Callable[[int, SentUpload], None]


@dataclass(frozen=True, slots=True)
class Harness:
    """What scenarios use; `proxied` are the function's variables that lead through the proxies."""

    cloud: LocalCloud
    function: DeployedFunction
    rules: FaultRules
    proxied: dict[str, str]
    notifications: NotificationLog
    report: Report
    daemon: FakeXRayDaemon
    # Messages that were in FailedUploads at the end of a scenario.
    failed_uploads: list[str] = field(default_factory=list)
    lost_by_emulator: list[SentUpload] = field(default_factory=list)

    @contextmanager
    def configured(
        self,
        *,
        proxied: bool,
        first_delay: int = FIRST_DELAY,
        longest_delay: int = LONGEST_DELAY,
        detection_seconds: int | None = None,
        visibility: int = VISIBILITY,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> Iterator[None]:
        """Configure the function for a scenario, through the proxies or not; times in seconds.

        `detection_seconds` and `visibility` are those of DeployedFunction.configured.
        """
        self.purge_queues()
        self.rules.set()
        self.cloud.detectliveface.control.set_rules()
        variables = {
            "RETRY_FIRST_DELAY_SECONDS": str(first_delay),
            "RETRY_LONGEST_DELAY_SECONDS": str(longest_delay),
            "RETRY_MAX_ATTEMPTS": str(max_attempts),
            **(self.proxied if proxied else {}),
            **VERBOSE,
            "AWS_XRAY_DAEMON_ADDRESS": self.daemon.address,
        }
        with self.function.configured(detection_seconds, visibility, **variables):
            yield

    def purge_queues(self) -> None:
        """Delete what an earlier scenario left, and keep the bodies that were in FailedUploads."""
        self.failed_uploads.extend(queued_bodies(self.cloud, "FailedUploadsQueueUrl"))
        self.function.purge_queues()

    def emitted(self) -> Emitted:
        """Everything that all scenarios so far have emitted, by where it is."""
        self.purge_queues()
        published = map(json.dumps, self.notifications.all())
        places = emitted(self.cloud, published, self.daemon.received)
        return places | {"FailedUploads": "\n".join(self.failed_uploads)}

    def replay(self, sent: Iterable[SentUpload], *, within: float) -> None:
        """Run `make replay`, and wait until each upload has a verdict that is not `failed`."""
        uploads = list(sent)
        subprocess.run(
            [sys.executable, "-m", "operations", "replay", "--stack", STACK_NAME],
            cwd=PROJECT,
            env={**os.environ, **self.cloud.emulator.environment},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        wait_until(
            lambda: all(self.notifications.verdict_on(each.version) for each in uploads),
            within=within,
            what="a verdict on every upload that was replayed",
        )
        self.settle(uploads, within=within)

    def upload(
        self,
        planned: Sequence[PlannedUpload],
        *,
        and_then: AfterUpload | None = None,
        concurrency: int = CONCURRENCY,
    ) -> list[SentUpload]:
        """Upload an image for each key, a few at a time, and wait a little for each notification.

        `and_then` is called with an upload's number and the upload, instead of waiting.
        """
        s3, bucket = self.cloud.client("s3"), self.cloud.upload_bucket

        def upload(number: int, planned: PlannedUpload) -> SentUpload:
            content = unique_jpeg(planned.key)
            time.sleep(number * RAMP_SECONDS if number < concurrency else 0)
            self._wait_until_responsive()
            stored = s3.put_object(
                Bucket=bucket, Key=planned.key, Body=content, Metadata={NOTE_NAME: NOTE}
            )
            sent = SentUpload(planned, bucket, stored["VersionId"], content)
            if and_then:
                and_then(number, sent)
            else:
                self.wait_for_notification(sent)
            return sent

        with ThreadPoolExecutor(concurrency) as pool, _progress("uploads", len(planned)) as show:
            sent = []
            for each in pool.map(upload, count(), planned):
                sent.append(each)
                show(len(sent))
        return sent

    def _wait_until_responsive(self) -> None:
        sqs, queue_url = self.cloud.client("sqs"), self.cloud.outputs["RetryQueueUrl"]
        seconds = _RESPONSIVE_SECONDS
        while seconds >= _RESPONSIVE_SECONDS:
            started = time.monotonic()
            sqs.get_queue_attributes(QueueUrl=queue_url)
            seconds = time.monotonic() - started
            time.sleep(seconds)

    def wait_for_notification(self, sent: SentUpload) -> None:
        """Wait for an upload's notification, but not through redeliveries."""
        self.notifications.wait_for(sent.version, within=_PUBLISHED_WITHIN_SECONDS)

    def settle(self, uploads: Sequence[SentUpload], *, within: float) -> None:
        """Wait until every upload is published, and RetryQueue is empty.

        What is missing when the time is up is seen in the scenario's result.
        """
        end = time.monotonic() + within
        idle_since = time.monotonic()
        with _progress("published", len(uploads)) as show:
            while (missing := self.unpublished(uploads)) and time.monotonic() < end:
                show(len(uploads) - len(missing))
                if self.function.in_retry_queue():
                    idle_since = time.monotonic()
                elif time.monotonic() - idle_since > _LOST_AFTER_SECONDS:
                    self._send_what_the_emulator_lost(missing)
                    idle_since = time.monotonic()
                time.sleep(_POLL_SECONDS)
        self._wait_until_idle(end)

    def unpublished(self, uploads: Iterable[SentUpload]) -> list[SentUpload]:
        """Those about which nothing was published."""
        return [sent for sent in uploads if not self.notifications.about(sent.version)]

    def _wait_until_idle(self, end: float) -> None:
        idle_since = time.monotonic()
        while time.monotonic() < end and time.monotonic() - idle_since < _IDLE_SECONDS:
            if self.function.in_retry_queue():
                idle_since = time.monotonic()
            time.sleep(_POLL_SECONDS)

    def _send_what_the_emulator_lost(self, missing: Iterable[SentUpload]) -> None:
        """Send to RetryQueue what an on-failure record should have brought there.

        The emulator appends such a record to a list that another of its threads replaces meanwhile
        (tests/faults/emulator_race.py shows it). An upload that was ever seen in a message of the
        queue was not lost in this way, and stays missing.
        """
        # All of it: the emulator's log group drops old lines.
        log = self.cloud.emulator.log.read_text(errors="replace").splitlines()
        messages = "\n".join(line for line in log if '"messageId":' in line)
        for sent in missing:
            if sent.version not in messages:
                self.function.send(sent.event())
                self.lost_by_emulator.append(sent)

    def observe(
        self, scenario: str, uploads: Sequence[SentUpload], seconds: float, *, note: str = ""
    ) -> ScenarioResult:
        """Count what became of uploads within so many seconds, and add it to the report."""
        lost = sum(sent in self.lost_by_emulator for sent in uploads)
        note = "; ".join(filter(None, [note, f"lost by the emulator: {lost}" if lost else ""]))
        rows = self._rows()
        counts = self.cloud.detectliveface.control.calls(_AFTER_THE_LAST_CALL).pictures
        result = ScenarioResult(
            scenario,
            [
                ObservedUpload(
                    sent,
                    rows.get((sent.object, sent.version), {}),
                    self.notifications.about(sent.version),
                    billed_calls(sent, counts),
                )
                for sent in uploads
            ],
            seconds,
            note,
        )
        self.report.results.append(result)
        return result

    def _rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        pages = (
            self.cloud.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.cloud.outputs["VerdictsTableName"])
        )
        rows = [
            {name: next(iter(value.values())) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]
        return {(row["object"], row["version"]): row for row in rows}


def without_waiting(_number: int, _sent: SentUpload) -> None:
    """For uploads whose notifications are not waited for."""


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that prints from time to time how many are done."""
    last = time.monotonic()

    def show(number: int) -> None:
        nonlocal last
        if time.monotonic() - last > _PROGRESS_INTERVAL_SECONDS:
            last = time.monotonic()
            sys.stdout.write(f"    {what}: {number:,} of {total:,}\n")
            sys.stdout.flush()

    yield show
