"""Nothing that is emitted, DEBUG logs included, contains a credential, a signature or an image.

In a cloud of its own: these tests change its credentials, and plant canaries everywhere.
"""

from __future__ import annotations

import base64
import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from liveness.credentials import TencentCredentials
from local.cloud import LocalCloud, put_credentials
from local.sample_images import SampleImage
from local.subscriber import Subscriber
from tests.clouds import start_cloud
from tests.emitted import VERBOSE, Emitted
from tests.emitted import emitted as emitted_by
from tests.local_cloud.permissions import without_policy
from tests.local_cloud.queues import Queue, event_source_disabled
from tests.local_cloud.settings import SHORT_SCHEDULE, function_settings
from tests.secret_leaks import PATTERNS, LeakSearch
from tests.unit.hostile.stored import REFUSED
from tests.unit.test_secret_leaks import CANARIES
from tests.xray_daemon import FakeXRayDaemon, run_xray_daemon

KEY = TencentCredentials(
    "FAKEID" + secrets.token_hex(15), secrets.token_hex(16), "faketoken" + secrets.token_hex(16)
)
REFUSED_KEY = TencentCredentials(KEY.secret_id, secrets.token_hex(16), KEY.token)
DIGEST_KEY = "digestkey" + secrets.token_hex(16)
MALFORMED = "malformed" + secrets.token_hex(16)
NOTE = "private-note-" + secrets.token_hex(16)
NOTE_NAME = "private-name-" + secrets.token_hex(8)
SUBJECT = "subject-" + secrets.token_hex(16)

WITH_VERDICT = [
    "live.jpg",
    "spoof.jpg",
    "no-face.jpg",
    "error-FailedOperation.ImageDownloadError.jpg",
    "first-1-error-InternalError.jpg",
]
WITHOUT_VERDICT = [
    "error-FailedOperation.ServerError.jpg",
    "error-ResourceUnavailable.InArrears.jpg",
    "error-InvalidParameterValue.UrlIllegal.jpg",
    "drop.jpg",
    "garbage.jpg",
    "redirect.jpg",
    "oversized.jpg",
    "no-verdict.jpg",
]
POISON = ["no upload", json.dumps({"Records": [{"eventSource": "aws:s3"}]})]
PROCESSED_WITHIN_SECONDS = 120.0
# The emulator starts a process for each concurrent upload, and after each failed one: in a second.
PACE_SECONDS = 0.7


@dataclass(slots=True)
class LeakTest:
    """A cloud, its bucket, and what it has published so far."""

    cloud: LocalCloud
    daemon: FakeXRayDaemon
    published: list[str] = field(default_factory=list)

    def put(self, name: str, body: bytes, **metadata: str) -> None:
        self.cloud.client("s3").put_object(
            Bucket=self.cloud.upload_bucket,
            Key=name,
            Body=body,
            Metadata={"subject": SUBJECT, NOTE_NAME: NOTE} | metadata,
        )

    def queue(self, output: str) -> Queue:
        return Queue(self.cloud.emulator, self.cloud.outputs[output])

    def collect_until(self, condition: Callable[[], bool]) -> None:
        """Collect notifications until the condition holds."""
        end = time.monotonic() + PROCESSED_WITHIN_SECONDS
        subscriber = Subscriber(self.cloud.emulator, self.cloud.notifications_queue_url)
        while not condition():
            assert time.monotonic() < end, "not everything was processed in time"
            self.published += [
                json.dumps([dict(each.record), dict(each.attributes)])
                for each in subscriber.notifications(within=0.5)
            ]

    def emitted(self) -> Emitted:
        return emitted_by(self.cloud, self.published, self.daemon.received)


def put_digest_key(cloud: LocalCloud) -> None:
    """Replace the generated key of digests by one to search for."""
    name = cloud.outputs["CheckLivenessFunctionName"]
    function = cloud.client("lambda").get_function_configuration(FunctionName=name)
    arn = function["Environment"]["Variables"]["DIGEST_KEY_ARN"]
    cloud.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=DIGEST_KEY)


@pytest.fixture(scope="module")
def leak_test() -> Iterator[LeakTest]:
    with start_cloud("leaks") as cloud:
        cloud.detectliveface.control.set_credentials(KEY)
        put_credentials(cloud.emulator, cloud.outputs["TencentSecretArn"], KEY)
        put_digest_key(cloud)
        with (
            run_xray_daemon() as daemon,
            function_settings(
                cloud,
                **VERBOSE,
                **SHORT_SCHEDULE,
                RETRY_MAX_ATTEMPTS="2",
                AWS_XRAY_DAEMON_ADDRESS=daemon.address,
            ),
        ):
            yield LeakTest(cloud, daemon)


@pytest.fixture(scope="module")
def image(sample_images: dict[str, SampleImage]) -> bytes:
    return sample_images["live.jpg"].path.read_bytes()


@contextmanager
def secret_value(leak_test: LeakTest, text: str) -> Iterator[None]:
    """Give the secret another value, and start sandboxes that have not cached the old one."""
    arn = leak_test.cloud.outputs["TencentSecretArn"]
    leak_test.cloud.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=text)
    try:
        with function_settings(leak_test.cloud, POWERTOOLS_SERVICE_NAME="another_secret"):
            yield
    finally:
        put_credentials(leak_test.cloud.emulator, arn, KEY)


def search_for(image: bytes) -> LeakSearch:
    return LeakSearch(
        {
            "the key": KEY.secret_key,
            "the key that is refused": REFUSED_KEY.secret_key,
            "the token": str(KEY.token),
            "the key of digests": DIGEST_KEY,
            "the value of a malformed secret": MALFORMED,
            "metadata": NOTE,
            "the name of metadata": NOTE_NAME,
        },
        {"an image": image},
    )


@pytest.fixture(scope="module")
def emitted(leak_test: LeakTest, image: bytes) -> Emitted:
    """What uploads of all kinds have emitted, with a verdict and without."""
    failed, retry = leak_test.queue("FailedUploadsQueueUrl"), leak_test.queue("RetryQueueUrl")
    first, *others = (*WITH_VERDICT, *WITHOUT_VERDICT)
    leak_test.put(f"leaks/{first}", image)
    leak_test.collect_until(lambda: bool(leak_test.published))
    for name in others:
        leak_test.put(f"leaks/{name}", image)
        time.sleep(PACE_SECONDS)
    for number, (content, _) in enumerate(list(REFUSED.values())[::8]):
        leak_test.put(f"leaks/rejected-{number}", content)
    retry.send(*POISON)
    leak_test.collect_until(lambda: failed.visible() >= len(WITHOUT_VERDICT) + len(POISON))
    # What fails now stays in RetryQueue, where it can be read.
    with event_source_disabled(leak_test.cloud):
        for number, obstacle in enumerate(_obstacles(leak_test), start=1):
            with obstacle:
                leak_test.put(f"leaks/live-obstacle-{number}.jpg", image)
                retry.wait_until_visible(lambda count, wanted=number: count >= wanted, within=30)  # type: ignore[misc]  # bound now
        return leak_test.emitted()


def _obstacles(leak_test: LeakTest) -> Iterator[AbstractContextManager[None]]:
    refused = {"SecretId": KEY.secret_id, "SecretKey": REFUSED_KEY.secret_key, "Token": KEY.token}
    yield secret_value(leak_test, json.dumps(refused))
    yield secret_value(leak_test, json.dumps({"SecretKey": MALFORMED}))
    yield without_policy(leak_test.cloud, "read-tencent-secret")
    yield without_policy(leak_test.cloud, "read-image-version")


def test_every_place_has_received_something(emitted: Emitted) -> None:
    assert [place for place, text in emitted.items() if not text] == []
    log = emitted["the log group"]
    for reason in (
        *("credentials_refused", "credentials_missing", "storage_fault"),
        "unknown_event",
    ):
        assert f'"reason":"{reason}"' in log
    assert '"eventSource":"aws:s3"' in log
    for queue in ("FailedUploads", "RetryQueue"):
        assert "responsePayload" in emitted[queue]
    for place in ("the table", "the notifications"):
        assert SUBJECT in emitted[place]


def test_nothing_that_was_emitted_contains_a_secret(emitted: Emitted, image: bytes) -> None:
    search = search_for(image)

    found = {place: search.kinds_in(text) for place, text in emitted.items()}

    assert found == {place: set() for place in emitted}


def test_the_subject_is_in_no_log_and_no_trace(emitted: Emitted) -> None:
    assert SUBJECT not in emitted["the log group"]
    assert SUBJECT not in emitted["the traces"]
    assert SUBJECT not in emitted["the log of the fake"]


@pytest.mark.usefixtures("emitted")
def test_a_canary_of_each_kind_is_found_in_each_place(leak_test: LeakTest, image: bytes) -> None:
    search = search_for(image)
    canaries = {
        **search.secrets,
        **{kind: CANARIES[kind] for kind in PATTERNS},
        "an image": base64.b64encode(image[:24]).decode(),
    }
    directory = Path(leak_test.cloud.emulator.log).parent
    directory.joinpath("sam-planted.log").write_text("\n".join(canaries.values()))
    with event_source_disabled(leak_test.cloud):
        for canary in canaries.values():
            leak_test.queue("FailedUploadsQueueUrl").send(canary)
            leak_test.queue("RetryQueueUrl").send(canary)
            # Every other place has the object's key.
            leak_test.put(f"planted/{canary}/live.jpg", image)
            # Except for the traces: this goes where the function's own segments go.
            leak_test.daemon.send({"annotations": {"planted": canary}})
            time.sleep(PACE_SECONDS)
        leak_test.collect_until(
            lambda: search.kinds_in("\n".join(leak_test.published)) == set(canaries)
        )
        emitted = leak_test.emitted()

    found = {place: search.kinds_in(text) for place, text in emitted.items()}

    assert found == {place: set(canaries) for place in found}


def test_the_debug_log_of_boto_would_contain_the_secret(
    leak_test: LeakTest, image: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    # Why no log level of the template applies to more than Powertools' own logger.
    caplog.set_level(logging.DEBUG)

    secrets_manager: Any = leak_test.cloud.client("secretsmanager")
    secrets_manager.get_secret_value(SecretId=leak_test.cloud.outputs["TencentSecretArn"])

    assert {"the key", "the token", "a signed header of AWS"} <= search_for(image).kinds_in(
        caplog.text
    )
