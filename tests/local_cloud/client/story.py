"""The real client at work: alone, and as one upload's way through the use case."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from liveness.check import Checked, CheckLiveness, Turn
from liveness.errors import GivenUp, ServiceFault
from liveness.model import Deadline, Detection, Facts, Upload
from liveness.tencent.client import DetectLiveFaceClient, Service
from liveness.tencent.signing import Credentials
from local.detectliveface.journal import Call
from local.detectliveface.server import MADE_UP, DetectLiveFaceServer
from tests.local_cloud.detectliveface.album import Album, Page, picture
from tests.unit.fakes import (
    AnnouncementsInMemory,
    PicturesInMemory,
    SafekeepingInMemory,
    VerdictsInMemory,
)
from tests.unit.tencent.fakes import Source

ROTATED = Credentials("AKIDMADEUPAFTERTHEROTATION000000002", "madeUpAfterTheRotation0000002")
LAST_TURN = Turn(received=3, tries=3)
URL = "https://pictures.example/selfie.jpg?X-Amz-Signature=not-for-any-text"
VERSION = "v1"
_PICTURE = picture()
_AMPLE = 60.0


def ours(url: str, session: requests.Session, *, seconds: float = 10.0) -> Detection:
    """Ask the service at `url` about a picture, with pauses of no length."""
    client = DetectLiveFaceClient(
        Source((MADE_UP, MADE_UP)), Service(endpoint=url), session=session, sleep=lambda _: None
    )
    return client.detect(url=URL, deadline=Deadline(time.monotonic() + seconds, time.monotonic))


class PicturesInAlbum(PicturesInMemory):
    """One upload in memory, served to the service by a host on loopback.

    `hosted` is what the host serves where that is not the picture.
    """

    def __init__(self, album: Album, content: bytes, hosted: Page | None) -> None:
        super().__init__({VERSION: content})
        self._album = album
        self._page = hosted or content

    def address(self, upload: Upload) -> str:
        self.signed += 1
        return f"{self._album.put(upload.key, self._page)}&signed={self.signed}"


class Story:
    """One upload named `key`, everything it meets, and what can be said of it afterwards.

    The first of `keys` is known, the second what fetching the secret anew gives. Pauses are
    noted and not waited for. `asked` are options of Service.
    """

    def __init__(
        self,
        server: DetectLiveFaceServer,
        album: Album,
        session: requests.Session,
        key: str,
        *,
        content: bytes = _PICTURE,
        hosted: Page | None = None,
        keys: Sequence[Credentials] = (MADE_UP, ROTATED),
        clock: Callable[[], float] = time.time,
        inline_fallback: bool = True,
        seconds: float = _AMPLE,
        **asked: Any,
    ) -> None:
        self.upload = Upload("selfies", key, VERSION, datetime.now(UTC), len(content))
        self.pictures = PicturesInAlbum(album, content, hosted)
        self.verdicts = VerdictsInMemory()
        self.announcements = AnnouncementsInMemory()
        self.source = Source(keys)
        self.pauses: list[float] = []
        self._server = server
        self._seconds = seconds
        client = DetectLiveFaceClient(
            self.source,
            Service(endpoint=server.url, **asked),
            session=session,
            clock=clock,
            sleep=self.pauses.append,
        )
        self._liveness = CheckLiveness(
            self.pictures,
            client,
            self.verdicts,
            self.announcements,
            SafekeepingInMemory(),
            now=lambda: datetime.now(UTC),
            inline_fallback=inline_fallback,
        )

    def check(self) -> Checked:
        """The first try."""
        return self._liveness.check(self.upload, self._deadline())

    def given_up(self) -> ServiceFault:
        """What the last try of RetryQueue gives up for."""
        with pytest.raises(GivenUp) as caught:
            self._liveness.check_again(self.upload, self._deadline(), LAST_TURN)
        assert isinstance(caught.value.__cause__, ServiceFault)
        return caught.value.__cause__

    @property
    def calls(self) -> tuple[Call, ...]:
        """What the stand-in has noted since the test began."""
        return self._server.control.calls().calls

    @property
    def told(self) -> Facts:
        """The one announcement there was."""
        (facts,) = self.announcements.told
        return facts

    def _deadline(self) -> Deadline:
        return Deadline(time.monotonic() + self._seconds, time.monotonic)
