"""Unit tests open no sockets."""

from pathlib import Path

import pytest
from pytest_socket import disable_socket

from packing import models


@pytest.fixture(autouse=True)
def _no_sockets() -> None:
    disable_socket()


@pytest.fixture(scope="session")
def cut_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models of the botocore that is here, cut as the layer's are."""
    folder = tmp_path_factory.mktemp("models")
    models.main(folder)
    return folder
