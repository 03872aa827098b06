"""The clouds of a test run: named apart in each worker of pytest-xdist, and built only once."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.cloud import STATE, LocalCloud, local_cloud
from local.sam_cli import sam_build


def cloud_name(suffix: str = "") -> str:
    """The name of a cloud that no other worker has; `LIVENESS_TEST_CLOUD` names another run."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return "-".join(part for part in (_run(), worker, suffix) if part)


@contextmanager
def start_cloud(suffix: str = "", **parameters: str) -> Iterator[LocalCloud]:
    """Start a cloud whose fake does not limit the rate of calls."""
    with local_cloud(cloud_name(suffix), build=shared_build, **parameters) as cloud:
        cloud.detectliveface.control.set_rate(None)
        yield cloud


def shared_build(home: Path) -> Path:
    """Build once for all clouds of the run, and return the template to deploy."""
    run_id = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"process {os.getpid()}")
    directory = STATE / "clouds" / f"{_run()}-build"
    directory.mkdir(parents=True, exist_ok=True)
    built_by, template = directory / "built-by", directory / "build" / "template.yaml"
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built_by.exists() or built_by.read_text() != run_id:
            built_by.unlink(missing_ok=True)
            (directory / "sam-build.log").unlink(missing_ok=True)
            template = sam_build(directory)
            built_by.write_text(run_id)
    # Where the search for leaks reads it.
    shutil.copy(directory / "sam-build.log", home)
    return template


def _run() -> str:
    return os.environ.get("LIVENESS_TEST_CLOUD", "tests")
