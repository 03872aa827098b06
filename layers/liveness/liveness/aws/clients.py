"""boto's clients, made to start fast and to ask cheaply."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.request import getproxies

import botocore
from botocore.config import Config
from botocore.exceptions import DataNotFoundError
from botocore.httpsession import get_cert_path
from botocore.loaders import Loader
from botocore.session import Session

from liveness.aws.connections import KeptConnections

# Written when the layer is built (layers/liveness/packing/models.py); absent elsewhere.
MODELS = Path(__file__).with_name("models")
VERSION = "botocore.txt"


def new_session(config: Config, models: Path = MODELS) -> Session:
    """Open a session whose clients are configured so, read cut models and share their roots.

    Where the cut models are missing, or newer than the botocore that is here, it reads
    botocore's own. Where a proxy is set, botocore makes the connections.
    """
    session = Session()
    # Told its name, botocore does not compose one for each request.
    session.set_default_client_config(config.merge(Config(user_agent=session.user_agent())))
    if _readable(models):
        session.register_component("data_loader", CutModelsFirst(models))
    if "https" not in getproxies():
        connections: Any = KeptConnections(_ca_bundle(session), *_timeouts(config))
        session.register("before-send", connections.send)
    return session


class CutModelsFirst(Loader):
    """Searches botocore's data, four hundred folders, only for what the cut models lack."""

    def __init__(self, models: Path) -> None:
        super().__init__()
        self._cut = Loader(extra_search_paths=[str(models)], include_default_search_paths=False)

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        try:
            return self._cut.load_service_model(service_name, type_name, api_version)
        except DataNotFoundError:
            return super().load_service_model(service_name, type_name, api_version)

    def load_data_with_path(self, name: str) -> Any:
        try:
            return self._cut.load_data_with_path(name)
        except DataNotFoundError:
            return super().load_data_with_path(name)

    def is_builtin_path(self, path: str) -> bool:
        # Told of other data than its own, botocore would not apply the endpoints' rules.
        return path.startswith(str(self._cut.search_paths[0])) or super().is_builtin_path(path)


def _readable(models: Path) -> bool:
    version = models / VERSION
    return version.exists() and _numbers(version.read_text()) <= _numbers(botocore.__version__)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _ca_bundle(session: Session) -> str:
    """Where botocore would look, in its order."""
    told = session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
    return told or str(get_cert_path(verify=True))


def _timeouts(config: Any) -> tuple[float, float]:
    return config.connect_timeout, config.read_timeout
