"""Which tests a worker of pytest-xdist runs together (`--dist loadscope`), and in which order.

Tests of a group share a cloud. Groups are sorted by their durations, the longest first, so that no
worker starts with one when the others have finished.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling, Scheduling

from local.loopback import listen

if TYPE_CHECKING:
    from local.cloud import LocalCloud

# Files and directories below tests/, in this order. Any other file is a group of its own.
_GROUPS = {
    "cloud with the upload API": ("local_cloud/upload_api", "page"),
    "cloud with alarms": (
        "local_cloud/test_alarms.py",
        "local_cloud/test_operations.py",
        "local_cloud/test_forget.py",
        "local_cloud/test_forget_messages.py",
        "local_cloud/test_verdicts.py",
        "local_cloud/test_erase_after_verdict.py",
    ),
    "cloud with retries": (
        "local_cloud/test_retries.py",
        "local_cloud/test_deferred_verdicts.py",
        "local_cloud/test_permissions.py",
        "local_cloud/hostile",
        "local_cloud/test_object_versions.py",
        "local_cloud/test_observability.py",
        "local_cloud/test_leases.py",
        "local_cloud/test_upload_recipe.py",
    ),
    "cloud with subscribers": ("local_cloud/subscribers",),
    "cloud with secrets": ("local_cloud/test_secret_leaks.py",),
    "clouds that stop": ("local_cloud/test_stopping.py",),
}
_PATHS = {f"tests/{path}": group for group, paths in _GROUPS.items() for path in paths}
_ORDER = list(_GROUPS)


@pytest.fixture(scope="session")
def web_app() -> Iterator[tuple[socket.socket, str]]:
    """A socket and its URL, the one origin whose scripts may use the upload API."""
    listener, url = listen()
    with listener:
        yield listener, url


@pytest.fixture(scope="session")
def api_cloud(web_app: tuple[socket.socket, str]) -> Iterator[LocalCloud]:
    """A cloud with the upload API, for the tests of the API and of the capture page."""
    from tests.clouds import start_cloud  # noqa: PLC0415 - slow, and for these tests only

    with start_cloud("api", UploadApi="on", AllowedOrigins=web_app[1]) as cloud:
        yield cloud


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Sends whole groups to the workers, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Schedule by groups where `--dist loadscope` is given."""
    if config.getoption("dist") != "loadscope":
        return None
    config.option.loadscopereorder = False
    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort tests by their groups; within a group the order stays."""
    items.sort(key=lambda item: _rank(_group(item.nodeid)))


def _group(nodeid: str) -> str:
    path = nodeid.partition("::")[0]
    return next((group for start, group in _PATHS.items() if path.startswith(start)), path)


def _rank(group: str) -> int:
    return _ORDER.index(group) if group in _ORDER else len(_ORDER)
