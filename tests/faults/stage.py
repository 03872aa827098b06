"""One cloud with proxies before its services: uploads go in, and what came of them comes out."""

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

import pytest

from local.cloud import LocalCloud
from local.stack import PROJECT, STACK_NAME
from tests.emitted import TALKATIVE, Emitted, emitted, lying
from tests.faults.function import DeployedFunction
from tests.faults.harm import Rules
from tests.faults.sent import Name, Sent, picture
from tests.faults.subscriber import Ear
from tests.faults.tally import Ending, Report, Tally, billed
from tests.traced import Daemon

# The engine starts a process for each event at work: these many, and the retries beside them.
AT_A_TIME = 6
# A lease lasts 45 s, and stands for nothing where DynamoDB took the claim and the answer was lost.
# Nine tries in 72 s outlast it, as those of an hour do.
FIRST_DELAY, LONGEST_DELAY = 4, 10
# What could not be set to come back, and what was killed, comes back after this.
VISIBILITY = 20
_HOLDS_UP_SECONDS = 2.0
_POLL_SECONDS = 0.5
_TELLS_EVERY_SECONDS = 10.0
# Nothing at work for so long: an event that failed has come to RetryQueue by then.
_QUIET_SECONDS = 2.0
# Longer than an invocation asks and records: nothing can be on its way into the queue any more.
_LOST_AFTER_SECONDS = 40.0
_BEYOND_THE_LAST_CALL = 10**9

# Metadata that nobody asked for: the search of leaks looks for it.
NOTE_NAME, NOTE = "private-name-" + secrets.token_hex(8), "private-note-" + secrets.token_hex(16)

type Deed = Callable[[int, Sent], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """What scenarios play on; `harmed` are the function's variables that lead through proxies."""

    cloud: LocalCloud
    function: DeployedFunction
    rules: Rules
    harmed: dict[str, str]
    ear: Ear
    report: Report
    daemon: Daemon
    # Messages that lay in FailedUploads at the end of a scenario.
    given_up: list[str] = field(default_factory=list)
    lost_by_the_engine: list[Sent] = field(default_factory=list)

    @contextmanager
    def set(
        self,
        *,
        harmed: bool,
        first_delay: int = FIRST_DELAY,
        longest_delay: int = LONGEST_DELAY,
        asking: int | None = None,
        visibility: int = VISIBILITY,
    ) -> Iterator[None]:
        """Set the function for a scenario, through the proxies or straight; all in seconds.

        `asking` and `visibility` are told of in DeployedFunction.set.
        """
        self.empty_queues()
        self.rules.set()
        self.cloud.detectliveface.control.set_rules()
        variables = {
            "RETRY_FIRST_DELAY_SECONDS": str(first_delay),
            "RETRY_LONGEST_DELAY_SECONDS": str(longest_delay),
            **(self.harmed if harmed else {}),
            **TALKATIVE,
            "AWS_XRAY_DAEMON_ADDRESS": self.daemon.address,
        }
        with self.function.set(asking, visibility, **variables):
            yield

    def empty_queues(self) -> None:
        """Throw away what an earlier scenario left; what lay in FailedUploads is remembered."""
        self.given_up.extend(lying(self.cloud, "FailedUploadsQueueUrl"))
        self.function.empty_queues()

    def emitted(self) -> Emitted:
        """Everything that all scenarios so far have emitted, by where it is."""
        self.empty_queues()
        told = emitted(self.cloud, map(json.dumps, self.ear.everything()), self.daemon.heard)
        return told | {"the failed uploads": "\n".join(self.given_up)}

    def replay(self, sent: Iterable[Sent], *, within: float) -> None:
        """Do `make replay`, and wait until each of these has an answer after its `failed`."""
        waiting = list(sent)
        subprocess.run(
            [sys.executable, "-m", "operations.replay", "--stack", STACK_NAME],
            cwd=PROJECT,
            env={**os.environ, **self.cloud.engine.environment},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        wait_until(
            lambda: all(self.ear.answer_to(each.version) for each in waiting),
            within=within,
            what="an answer to every upload that was replayed",
        )
        self.settle(waiting, within=within)

    def upload(self, names: Sequence[Name], *, and_then: Deed | None = None) -> list[Sent]:
        """Upload a picture under each name, few at a time, each waiting a little for its answer.

        `and_then` gets an upload's number and the upload, and is done instead of waiting.
        """
        s3 = self.cloud.engine.session.client("s3", endpoint_url=self.cloud.engine.url)
        bucket = self.cloud.outputs["UploadBucketName"]

        def upload(number: int, name: Name) -> Sent:
            content = picture(name.key)
            stored = s3.put_object(
                Bucket=bucket, Key=name.key, Body=content, Metadata={NOTE_NAME: NOTE}
            )
            sent = Sent(name, bucket, stored["VersionId"], content)
            if and_then:
                and_then(number, sent)
            else:
                self.wait_for_answer(sent)
            return sent

        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return list(_told(pool.map(upload, count(), names), "uploads", len(names)))

    def wait_for_answer(self, sent: Sent) -> None:
        """Wait for an upload's announcement, but not for one that came to RetryQueue."""
        self.ear.wait_for(sent.version, within=_HOLDS_UP_SECONDS)

    def settle(self, uploads: Sequence[Sent], *, within: float) -> None:
        """Wait until every upload is announced, and nothing is left in RetryQueue.

        What is missing when the time is up is for the tally to show.
        """
        end = time.monotonic() + within
        quiet_since = time.monotonic()
        with _telling("answers", len(uploads)) as tell:
            while (missing := self.untold(uploads)) and time.monotonic() < end:
                tell(len(uploads) - len(missing))
                if self.function.waiting():
                    quiet_since = time.monotonic()
                elif time.monotonic() - quiet_since > _LOST_AFTER_SECONDS:
                    self._send_what_the_engine_lost(missing)
                    quiet_since = time.monotonic()
                time.sleep(_POLL_SECONDS)
        self._wait_until_quiet(end)

    def untold(self, uploads: Iterable[Sent]) -> list[Sent]:
        """Those of which nothing was announced."""
        return [sent for sent in uploads if not self.ear.told_of(sent.version)]

    def _wait_until_quiet(self, end: float) -> None:
        quiet_since = time.monotonic()
        while time.monotonic() < end and time.monotonic() - quiet_since < _QUIET_SECONDS:
            if self.function.waiting():
                quiet_since = time.monotonic()
            time.sleep(_POLL_SECONDS)

    def _send_what_the_engine_lost(self, missing: Iterable[Sent]) -> None:
        """Send to RetryQueue what an on-failure record should have brought there.

        The engine puts such a record into a list that another of its threads replaces meanwhile
        (tests/faults/engine_race.py shows it). An upload that was ever seen in a message of the
        queue was not lost so, and stays missing.
        """
        # All of it: the engine's log group forgets old lines.
        log = self.cloud.engine.log.read_text(errors="replace").splitlines()
        messages = "\n".join(line for line in log if '"messageId":' in line)
        for sent in missing:
            if sent.version not in messages:
                self.function.send(json.dumps(sent.event()))
                self.lost_by_the_engine.append(sent)

    def tally(
        self, scenario: str, uploads: Sequence[Sent], seconds: float, *, note: str = ""
    ) -> Tally:
        """Count what came of uploads within so many seconds, and put it into the report."""
        lost = sum(sent in self.lost_by_the_engine for sent in uploads)
        note = "; ".join(filter(None, [note, f"lost by the engine: {lost}" if lost else ""]))
        rows = self._rows()
        pictures = self.cloud.detectliveface.control.calls(_BEYOND_THE_LAST_CALL).pictures
        tally = Tally(
            scenario,
            [
                Ending(
                    sent,
                    rows.get((sent.object, sent.version), {}),
                    self.ear.told_of(sent.version),
                    billed(sent, pictures),
                )
                for sent in uploads
            ],
            seconds,
            note,
        )
        self.report.tallies.append(tally)
        return tally

    def _rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        database: Any = self.cloud.engine.session.client(
            "dynamodb", endpoint_url=self.cloud.engine.url
        )
        pages = database.get_paginator("scan").paginate(
            TableName=self.cloud.outputs["VerdictsTableName"]
        )
        plain = [
            {name: next(iter(value.values())) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]
        return {(row["object"], row["version"]): row for row in plain}


def not_waiting(_number: int, _sent: Sent) -> None:
    """For uploads that are not to be answered at once."""


def wait_until(holds: Callable[[], bool], *, within: float, what: str) -> None:
    """Poll until it holds; fail the test, saying what was waited for, where it does not."""
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"not within {within:g} s: {what}")
        time.sleep(_POLL_SECONDS)


def _told[Thing](things: Iterable[Thing], what: str, total: int) -> Iterator[Thing]:
    """Pass things on, and say now and then how many have passed."""
    with _telling(what, total) as tell:
        for number, thing in enumerate(things, start=1):
            yield thing
            tell(number)


@contextmanager
def _telling(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Give what says now and then how far it has come."""
    last = time.monotonic()

    def tell(number: int) -> None:
        nonlocal last
        if time.monotonic() - last > _TELLS_EVERY_SECONDS:
            last = time.monotonic()
            sys.stdout.write(f"    {what}: {number:,} of {total:,}\n")
            sys.stdout.flush()

    yield tell
