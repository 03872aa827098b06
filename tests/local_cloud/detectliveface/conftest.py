"""One stand-in and one host of pictures for all tests here; each test finds them fresh."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.detectliveface.server import MADE_UP, Control, DetectLiveFaceServer

from .album import Album
from .caller import Caller


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DetectLiveFaceServer]:
    log = tmp_path_factory.mktemp("detectliveface") / "detectliveface.log"
    with DetectLiveFaceServer(log=log) as server:
        yield server
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def album() -> Iterator[Album]:
    with Album() as album:
        yield album


@pytest.fixture
def server(running: DetectLiveFaceServer) -> DetectLiveFaceServer:
    running.control.reset()
    running.control.set_credentials(MADE_UP)
    running.control.set_rate(None)
    return running


@pytest.fixture
def control(server: DetectLiveFaceServer) -> Control:
    return server.control


@pytest.fixture
def caller(server: DetectLiveFaceServer) -> Caller:
    return Caller(server)
