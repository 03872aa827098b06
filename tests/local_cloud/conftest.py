"""One cloud for all tests of a pytest worker, and what they observe it with."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import pytest

from local.cloud import LocalCloud
from local.sample_images import SampleImage, write_sample_images
from local.subscriber import Notification, Subscriber
from local.uploader import Uploader
from tests.clouds import start_cloud
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.retries import RetryTest
from tests.local_cloud.table import Table

PUBLISHED_WITHIN_SECONDS = 30.0

type WaitForNotification = Callable[[str], Notification]


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Let commands that tests interrupt receive SIGINT: a background process would ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    with start_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="session")
def erasing_cloud() -> Iterator[LocalCloud]:
    """A cloud that erases images after their verdict."""
    with start_cloud("erasing", EraseAfterVerdict="always") as cloud:
        yield cloud


@pytest.fixture
def uploader(cloud: LocalCloud) -> Uploader:
    return Uploader(cloud.emulator, cloud.upload_bucket)


@pytest.fixture
def table(cloud: LocalCloud) -> Table:
    return Table(cloud.emulator, cloud.outputs["VerdictsTableName"])


@pytest.fixture(scope="session")
def subscriber(cloud: LocalCloud) -> Subscriber:
    return Subscriber(cloud.emulator, cloud.notifications_queue_url)


@pytest.fixture
def wait_for_notification(subscriber: Subscriber) -> WaitForNotification:
    """Wait for the notification about one version of an object."""

    def wait(version: str) -> Notification:
        for notification in subscriber.notifications(within=PUBLISHED_WITHIN_SECONDS):
            if notification.record["version"] == version:
                return notification
        pytest.fail(f"nothing was published about version {version} by {time.ctime()}")

    return wait


@pytest.fixture(scope="session")
def sample_images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SampleImage]:
    images = write_sample_images(tmp_path_factory.mktemp("images"))
    return {image.key.rpartition("/")[2]: image for image in images}


@pytest.fixture
def selfie(sample_images: dict[str, SampleImage]) -> bytes:
    return sample_images["live.jpg"].path.read_bytes()


@pytest.fixture
def retry_test(
    cloud: LocalCloud, uploader: Uploader, selfie: bytes, subscriber: Subscriber
) -> Iterator[RetryTest]:
    """Both queues are empty, and the service answers again afterwards."""
    retry_test = RetryTest(cloud, uploader, selfie, subscriber, FunctionLog(cloud))
    retry_test.retry_queue.purge()
    retry_test.failed_uploads.purge()
    yield retry_test
    retry_test.fix()
