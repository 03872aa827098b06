"""One cloud for all tests of a run, and what they look at it with."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from local.cloud import LocalCloud, local_cloud
from local.phone import Phone
from local.pictures import DemoPicture, draw
from local.subscriber import Announcement, Subscriber
from tests.local_cloud.table import Table

ANSWERED_WITHIN_SECONDS = 30.0

type Answers = Callable[[str], Announcement]


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Commands that tests interrupt inherit whether SIGINT is ignored: in the background it is."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    with local_cloud(os.environ.get("LIVENESS_TEST_CLOUD", "tests")) as running:
        running.detectliveface.control.set_rate(None)
        yield running


@pytest.fixture
def phone(cloud: LocalCloud) -> Phone:
    return Phone(cloud.engine, cloud.outputs["UploadBucketName"])


@pytest.fixture
def table(cloud: LocalCloud) -> Table:
    return Table(cloud.engine, cloud.outputs["VerdictsTableName"])


@pytest.fixture(scope="session")
def subscriber(cloud: LocalCloud) -> Subscriber:
    return Subscriber(cloud.engine, cloud.announcements_queue_url)


@pytest.fixture
def answer_to(subscriber: Subscriber) -> Answers:
    """Wait for the announcement about one version of an object."""

    def wait(version: str) -> Announcement:
        for announcement in subscriber.announcements(within=ANSWERED_WITHIN_SECONDS):
            if announcement.facts["version"] == version:
                return announcement
        pytest.fail(f"nothing was announced of version {version} by {time.ctime()}")

    return wait


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DemoPicture]:
    drawn = draw(tmp_path_factory.mktemp("pictures"))
    return {picture.key.rpartition("/")[2]: picture for picture in drawn}


@pytest.fixture
def selfie(pictures: dict[str, DemoPicture]) -> bytes:
    return pictures["live.jpg"].path.read_bytes()
