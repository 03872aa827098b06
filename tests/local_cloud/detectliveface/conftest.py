"""One fake and one host of images for all tests here; each test starts with an empty log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from local.detectliveface.control_client import ControlClient
from local.detectliveface.process import DEFAULT_CREDENTIALS, FakeDetectLiveFace

from .caller import Caller
from .image_host import ImageHost


@pytest.fixture(scope="session")
def running_fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeDetectLiveFace]:
    log = tmp_path_factory.mktemp("detectliveface") / "detectliveface.log"
    with FakeDetectLiveFace(log=log) as fake:
        yield fake
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def image_host() -> Iterator[ImageHost]:
    with HTTPServer("127.0.0.1", threaded=True) as server:
        yield ImageHost(server)
        server.check_handler_errors()


@pytest.fixture
def fake(running_fake: FakeDetectLiveFace) -> FakeDetectLiveFace:
    running_fake.control.reset()
    running_fake.control.set_credentials(DEFAULT_CREDENTIALS)
    running_fake.control.set_rate(None)
    return running_fake


@pytest.fixture
def control(fake: FakeDetectLiveFace) -> ControlClient:
    return fake.control


@pytest.fixture
def caller(fake: FakeDetectLiveFace) -> Caller:
    return Caller(fake)
