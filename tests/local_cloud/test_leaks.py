"""Nothing that is emitted, logs at DEBUG included, gives away what nobody may read.

In a cloud of its own: here credentials change, and canaries are planted everywhere.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from liveness.tencent.signing import Credentials
from local.cloud import LocalCloud, fill_secret, local_cloud
from local.subscriber import Subscriber
from tests.emitted import TALKATIVE, Emitted
from tests.emitted import emitted as emitted_by
from tests.leaks import SHAPES, Search
from tests.local_cloud.queues import Queue, unworked
from tests.local_cloud.settings import settings
from tests.local_cloud.test_permissions import without
from tests.traced import Daemon, xray_daemon
from tests.unit.hostile.stored import REFUSED
from tests.unit.test_leaks import CANARIES

KEY = Credentials(
    "FAKEID" + secrets.token_hex(15), secrets.token_hex(16), "faketoken" + secrets.token_hex(16)
)
REFUSED_KEY = Credentials(KEY.secret_id, secrets.token_hex(16), KEY.token)
MALFORMED = "malformed" + secrets.token_hex(16)
NOTE = "private-note-" + secrets.token_hex(16)
NOTE_NAME = "private-name-" + secrets.token_hex(8)
SUBJECT = "subject-" + secrets.token_hex(16)

# A schedule of seconds.
QUICK = {
    "RETRY_TRIES": "2",
    "RETRY_FIRST_DELAY_SECONDS": "1",
    "RETRY_LONGEST_DELAY_SECONDS": "1",
}

ANSWERED = [
    "live.jpg",
    "spoof.jpg",
    "no-face.jpg",
    "error-FailedOperation.ImageDownloadError.jpg",
    "first-1-error-InternalError.jpg",
]
UNANSWERED = [
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
ENDED_WITHIN_SECONDS = 120.0
# Each upload that comes at the same time starts a process of the engine's.
PACE_SECONDS = 0.1


@dataclass(slots=True)
class Scene:
    """A cloud, its bucket, and everything that it has emitted."""

    cloud: LocalCloud
    daemon: Daemon
    heard: list[str] = field(default_factory=list)

    def client(self, service: Any) -> Any:
        return self.cloud.engine.session.client(service, endpoint_url=self.cloud.engine.url)

    def put(self, name: str, body: bytes, **metadata: str) -> None:
        self.client("s3").put_object(
            Bucket=self.cloud.outputs["UploadBucketName"],
            Key=name,
            Body=body,
            Metadata={"subject": SUBJECT, NOTE_NAME: NOTE} | metadata,
        )

    def queue(self, output: str) -> Queue:
        return Queue(self.cloud.engine, self.cloud.outputs[output])

    def listen_until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + ENDED_WITHIN_SECONDS
        listener = Subscriber(self.cloud.engine, self.cloud.announcements_queue_url)
        while not holds():
            assert time.monotonic() < end, "not everything came to its end"
            self.heard += [
                json.dumps([dict(each.facts), dict(each.attributes)])
                for each in listener.announcements(within=0.5)
            ]

    def emitted(self) -> Emitted:
        return emitted_by(self.cloud, self.heard, self.daemon.heard)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    name = os.environ.get("LIVENESS_TEST_CLOUD", "tests") + "-leaks"
    with local_cloud(name) as cloud:
        cloud.detectliveface.control.set_rate(None)
        cloud.detectliveface.control.set_credentials(KEY)
        fill_secret(cloud.engine, cloud.outputs["TencentSecretArn"], KEY)
        with xray_daemon() as daemon:
            listening = {"AWS_XRAY_DAEMON_ADDRESS": daemon.address}
            with settings(cloud, **TALKATIVE, **QUICK, **listening):
                yield Scene(cloud, daemon)


@pytest.fixture(scope="module")
def picture(pictures: Mapping[str, Any]) -> bytes:
    content: bytes = pictures["live.jpg"].path.read_bytes()
    return content


@contextmanager
def secret_is(scene: Scene, text: str) -> Iterator[None]:
    """Let the secret hold something else, and forget what sandboxes have cached."""
    secret = scene.client("secretsmanager")
    arn = scene.cloud.outputs["TencentSecretArn"]
    secret.put_secret_value(SecretId=arn, SecretString=text)
    try:
        with settings(scene.cloud, POWERTOOLS_SERVICE_NAME="another_secret"):
            yield
    finally:
        fill_secret(scene.cloud.engine, arn, KEY)


def search_for(picture: bytes) -> Search:
    return Search(
        {
            "the key": KEY.secret_key,
            "the key that is refused": REFUSED_KEY.secret_key,
            "the token": str(KEY.token),
            "what a malformed secret holds": MALFORMED,
            "metadata": NOTE,
            "the name of metadata": NOTE_NAME,
        },
        {"a picture": picture},
    )


@pytest.fixture(scope="module")
def emitted(scene: Scene, picture: bytes) -> Emitted:
    """What all kinds of uploads have left behind, answered ones and failing ones."""
    failed, retry = scene.queue("FailedUploadsQueueUrl"), scene.queue("RetryQueueUrl")
    for name in (*ANSWERED, *UNANSWERED):
        scene.put(f"leaks/{name}", picture)
        time.sleep(PACE_SECONDS)
    for number, (content, _) in enumerate(list(REFUSED.values())[::8]):
        scene.put(f"leaks/refused-{number}", content)
    retry.put(*POISON)
    scene.listen_until(lambda: failed.shown() >= len(UNANSWERED) + len(POISON))
    # What comes back now stays where it can be read.
    with unworked(scene.cloud):
        for number, hindrance in enumerate(_hindrances(scene), start=1):
            with hindrance:
                scene.put(f"leaks/live-hindered-{number}.jpg", picture)
                retry.shown_once(lambda shown, wanted=number: shown >= wanted, within=30)  # type: ignore[misc]  # bound now
        return scene.emitted()


def _hindrances(scene: Scene) -> Iterator[AbstractContextManager[None]]:
    refused = {"SecretId": KEY.secret_id, "SecretKey": REFUSED_KEY.secret_key, "Token": KEY.token}
    yield secret_is(scene, json.dumps(refused))
    yield secret_is(scene, json.dumps({"SecretKey": MALFORMED}))
    yield without(scene.cloud, "sign-for-tencent-cloud")
    yield without(scene.cloud, "read-the-picture")


def test_everything_was_emitted_that_can_be(emitted: Emitted) -> None:
    assert [place for place, text in emitted.items() if not text] == []
    log = emitted["the log group"]
    for reason in ("credentials_refused", "credentials_missing", "storage_fault", "NotAnUpload"):
        assert f'"reason":"{reason}"' in log
    assert '"eventSource":"aws:s3"' in log
    for queue in ("the failed uploads", "the queue of retries"):
        assert "responsePayload" in emitted[queue]
    for told in ("the table", "the announcements"):
        assert SUBJECT in emitted[told]


def test_nothing_that_was_emitted_gives_anything_away(emitted: Emitted, picture: bytes) -> None:
    search = search_for(picture)

    found = {place: search.kinds_in(text) for place, text in emitted.items()}

    assert found == {place: set() for place in emitted}


def test_whose_picture_it_is_is_told_in_no_log_of_the_function(emitted: Emitted) -> None:
    assert SUBJECT not in emitted["the log group"]
    assert SUBJECT not in emitted["the traces"]
    assert SUBJECT not in emitted["the log of the stand-in"]


@pytest.mark.usefixtures("emitted")
def test_a_canary_of_each_kind_is_found_wherever_it_is_planted(
    scene: Scene, picture: bytes
) -> None:
    search = search_for(picture)
    canaries = {
        **search.secrets,
        **{kind: CANARIES[kind] for kind in SHAPES},
        "a picture": base64.b64encode(picture[:24]).decode(),
    }
    home = Path(scene.cloud.engine.log).parent
    home.joinpath("sam-planted.log").write_text("\n".join(canaries.values()))
    with unworked(scene.cloud):
        for canary in canaries.values():
            scene.queue("FailedUploadsQueueUrl").put(canary)
            scene.queue("RetryQueueUrl").put(canary)
            # An object's key is told in every other place.
            scene.put(f"planted/{canary}/live.jpg", picture)
            # A trace tells no key: this goes where the function's own segments go.
            scene.daemon.tell({"annotations": {"planted": canary}})
            time.sleep(PACE_SECONDS)
        scene.listen_until(lambda: search.kinds_in("\n".join(scene.heard)) == set(canaries))
        emitted = scene.emitted()

    found = {place: search.kinds_in(text) for place, text in emitted.items()}

    assert found == {place: set(canaries) for place in found}


def test_what_boto_says_at_debug_would_give_the_secret_away_and_is_found(
    scene: Scene, picture: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    # Why no log level of the template reaches further than Powertools' own logger.
    caplog.set_level(logging.DEBUG)

    secret = scene.client("secretsmanager")
    secret.get_secret_value(SecretId=scene.cloud.outputs["TencentSecretArn"])

    assert {"the key", "the token", "a signed header of AWS"} <= search_for(picture).kinds_in(
        caplog.text
    )
