"""The fake and the host of images, and scenarios with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import requests
import trustme

from local.detectliveface.process import DEFAULT_CREDENTIALS, FakeDetectLiveFace
from tests.local_cloud.client.scenario import ROTATED, Scenario
from tests.local_cloud.detectliveface.conftest import control, fake, image_host, running_fake
from tests.local_cloud.detectliveface.image_host import ImageHost

__all__ = ["control", "fake", "image_host", "running_fake"]

type CreateScenario = Callable[..., Scenario]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect to loopback directly, whatever the environment of the tests names."""
    proxies = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    for name in (*proxies, "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted_authority(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> trustme.CA:
    """A certificate authority that is the CA bundle of the environment."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    return authority


@pytest.fixture
def create_scenario(
    fake: FakeDetectLiveFace, image_host: ImageHost, session: requests.Session
) -> CreateScenario:
    """Create the scenario of an upload by its key; scenario.py has the options."""
    fake.control.set_credentials(DEFAULT_CREDENTIALS, ROTATED)
    return partial(Scenario, fake, image_host, session)
