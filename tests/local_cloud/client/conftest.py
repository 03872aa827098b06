"""The stand-in and the host of pictures, and stories to tell with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
import requests

from liveness.tencent.transport import bounded_session
from local.detectliveface.server import MADE_UP, DetectLiveFaceServer
from tests.local_cloud.client.story import ROTATED, Story
from tests.local_cloud.detectliveface.album import Album
from tests.local_cloud.detectliveface.conftest import album, control, running, server

__all__ = ["album", "control", "running", "server"]

type Tell = Callable[..., Story]


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is reached directly, whatever is set around the tests."""
    proxies = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    for name in (*proxies, "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with bounded_session() as session:
        yield session


@pytest.fixture
def tell(server: DetectLiveFaceServer, album: Album, session: requests.Session) -> Tell:
    """Begin the story of an upload by its key; story.py has the options."""
    server.control.set_credentials(MADE_UP, ROTATED)
    return partial(Story, server, album, session)
