"""The real client at work: alone, and for one upload in the use case."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import requests

from liveness.credentials import TencentCredentials
from liveness.models import Deadline, DeliveryAttempt, Detection, Upload
from liveness.process_upload import UploadProcessor
from liveness.tencent.client import DetectLiveFaceClient
from liveness.tencent.request import ServiceConfig
from liveness.trace import UploadTrace
from liveness.verdict_record import Record, to_public_record
from local.detectliveface.process import DEFAULT_CREDENTIALS, FakeDetectLiveFace
from local.detectliveface.request_log import Call
from tests.local_cloud.detectliveface.image_host import ImageHost, Page, image
from tests.unit.fakes import (
    FixedDigestKey,
    ImagesInMemory,
    InlineExecutor,
    PublisherInMemory,
    RetryQueueInMemory,
    VerdictsInMemory,
)
from tests.unit.tencent.fakes import FakeCredentials

ROTATED = TencentCredentials("AKIDMADEUPAFTERTHEROTATION000000002", "madeUpAfterTheRotation0000002")
FINAL_ATTEMPT = DeliveryAttempt(receive_count=3, is_final=True)
URL = "https://images.example/selfie.jpg?X-Amz-Signature=not-for-any-text"
VERSION = "v1"
_IMAGE = image()
_AMPLE_SECONDS = 60.0


def detect(url: str, session: requests.Session, *, seconds: float = 10.0) -> Detection:
    """Call the service at `url` about one image, with delays of no length."""
    client = DetectLiveFaceClient(
        FakeCredentials((DEFAULT_CREDENTIALS, DEFAULT_CREDENTIALS)),
        ServiceConfig(endpoint=url),
        session=session,
        sleep=lambda _: None,
    )
    return client.detect(url=URL, deadline=Deadline(time.monotonic() + seconds, time.monotonic))


class HostedImages(ImagesInMemory):
    """One upload in memory, which a host on loopback serves to the service.

    `hosted` is what the host serves instead of the image.
    """

    def __init__(self, host: ImageHost, content: bytes, hosted: Page | None) -> None:
        super().__init__({VERSION: content})
        self._host = host
        self._page = hosted or content

    def presign(self, upload: Upload) -> str:
        self.presigned += 1
        return f"{self._host.put(upload.key, self._page)}&signed={self.presigned}"


class Scenario:
    """One upload named `key` in the use case, with the real client and everything else in memory.

    The first of `keys` is in the credentials' cache, the second comes of a refresh. Delays are
    recorded and not waited for. `config` are options of ServiceConfig.
    """

    def __init__(
        self,
        fake: FakeDetectLiveFace,
        host: ImageHost,
        session: requests.Session,
        key: str,
        *,
        content: bytes = _IMAGE,
        hosted: Page | None = None,
        keys: Sequence[TencentCredentials] = (DEFAULT_CREDENTIALS, ROTATED),
        clock: Callable[[], float] = time.time,
        inline_fallback: bool = True,
        seconds: float = _AMPLE_SECONDS,
        **config: Any,
    ) -> None:
        self.upload = Upload("selfies", key, VERSION, datetime.now(UTC), len(content))
        self.images = HostedImages(host, content, hosted)
        self.verdicts = VerdictsInMemory()
        self.publisher = PublisherInMemory()
        self.credentials = FakeCredentials(keys)
        self.delays: list[float] = []
        self._fake = fake
        self._seconds = seconds
        client = DetectLiveFaceClient(
            self.credentials,
            ServiceConfig(endpoint=fake.url, **config),
            session=session,
            clock=clock,
            sleep=self.delays.append,
        )
        self._processor = UploadProcessor(
            self.images,
            client,
            self.verdicts,
            self.publisher,
            RetryQueueInMemory(),
            FixedDigestKey(),
            InlineExecutor(),
            now=lambda: datetime.now(UTC),
            inline_fallback=inline_fallback,
        )

    def process(self, attempt: DeliveryAttempt | None = None) -> Record:
        """Process the upload, and return the record of its verdict."""
        deadline = Deadline(time.monotonic() + self._seconds, time.monotonic)
        result = self._processor.process(self.upload, deadline, UploadTrace(), attempt)
        return to_public_record(result.verdict)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The fake's request log since the test began."""
        return self._fake.control.calls().calls

    @property
    def published(self) -> Record:
        """The one record that was published."""
        (record,) = self.publisher.records
        return record
