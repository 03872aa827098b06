"""What the stack stores of an upload, and `make forget`, which erases it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.sam_cli import PROJECT, STACK_NAME
from local.uploader import Uploader
from tests.local_cloud.conftest import WaitForNotification
from tests.local_cloud.queues import Queue
from tests.local_cloud.table import Table

type Record = Mapping[str, Any]
type Forget = Callable[..., subprocess.CompletedProcess[str]]

NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Stored:
    """What the stack stores, and the phone that uploads it."""

    s3: Any
    uploader: Uploader
    selfie: bytes
    wait_for_notification: WaitForNotification
    table: Table

    @property
    def bucket(self) -> str:
        return self.uploader.bucket

    def upload(self, key: str, subject: str | None = None) -> Record:
        """Upload a selfie and wait for its verdict."""
        version = self.uploader.upload(key, self.selfie, subject=subject)
        return self.wait_for_notification(version).record

    def versions(self, key: str) -> set[str]:
        """Of pictures and of delete markers."""
        found = self.s3.list_object_versions(Bucket=self.bucket, Prefix=key)
        versions = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        return {each["VersionId"] for each in versions if each["Key"] == key}

    def rows(self, *records: Record) -> list[str | None]:
        """The outcome of each row; None where there is no row."""
        return [self.table.row(each).get("outcome") for each in records]


@pytest.fixture
def s3(cloud: LocalCloud) -> Any:
    return cloud.client("s3")


@pytest.fixture(autouse=True)
def empty_queues(cloud: LocalCloud) -> None:
    """Nothing of earlier tests waits in the queues."""
    for output in ("RetryQueueUrl", "FailedUploadsQueueUrl"):
        Queue(cloud.emulator, cloud.outputs[output]).purge()


@pytest.fixture
def stored(
    s3: Any,
    uploader: Uploader,
    selfie: bytes,
    wait_for_notification: WaitForNotification,
    table: Table,
) -> Stored:
    return Stored(s3, uploader, selfie, wait_for_notification, table)


@pytest.fixture
def forget(cloud: LocalCloud) -> Forget:
    """Run the command with what `source .local/cloud.env` sets, and without a terminal."""

    def run(
        *arguments: str, answer: str = "", environment: Mapping[str, str] = NO_VARIABLES
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "operations", "forget", "--stack", STACK_NAME, *arguments],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], **cloud.variables(), **environment},
            input=answer,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
