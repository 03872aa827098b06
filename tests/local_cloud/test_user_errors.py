"""What goes wrong on a developer's machine is one line: what happened and what to do."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local import emulator as emulator_module
from local.cloud import EMULATOR_COMMAND, cloud_directory, local_cloud
from local.console import UserError
from local.emulator import run_emulator
from local.setup import PROJECT
from tests.clouds import cloud_name, shared_build


@pytest.fixture
def other_project(tmp_path: Path) -> Path:
    """A copy of what set-up needs, with uv already installed."""
    files = ("local/setup.py", ".python-version", "pyproject.toml")
    for name in (*files, "requirements", "layers/liveness"):
        source, target = PROJECT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "uv").symlink_to(PROJECT / ".local" / "uv")
    return tmp_path


def run_setup(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "local/setup.py"],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "HOME": str(project), "UV_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_python_of_the_runtime_is_named_with_what_to_do(other_project: Path) -> None:
    (other_project / ".python-version").write_text("3.99\n")

    done = run_setup(other_project)

    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "Python 3.99" in line
    assert "install it" in line
    assert str(other_project / ".local" / "setup.log") in line


def test_packages_that_cannot_be_fetched_are_named_with_what_to_do(other_project: Path) -> None:
    (other_project / "requirements" / "dev.lock").write_text(
        f"no-such-package-of-ours==1 --hash=sha256:{'0' * 64}\n"
    )
    (other_project / ".python-version").write_text(f"{sys.executable}\n")

    done = run_setup(other_project)

    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "requirements/dev.lock" in line
    assert "package index" in line


def test_a_port_in_use_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as in_use:
        monkeypatch.setattr(emulator_module, "free_port", lambda: in_use.getsockname()[1])

        stopped = pytest.raises(UserError, match=r"stopped at once.*port.*try again.*emulator\.log")
        with stopped, run_emulator(EMULATOR_COMMAND, tmp_path):
            pass


def test_an_emulator_that_is_not_installed_is_named_with_what_to_do(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match=r"not installed.*make setup"),
        run_emulator(tmp_path / "no", tmp_path),
    ):
        pass


def test_an_emulator_that_does_not_answer_is_named_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nsleep 600\n")
    silent.chmod(0o755)
    monkeypatch.setattr(emulator_module, "STARTS_WITHIN_SECONDS", 0.3)

    with (
        pytest.raises(UserError, match=r"did not answer.*emulator\.log"),
        run_emulator(silent, tmp_path),
    ):
        pass


def test_a_failed_deployment_is_explained_with_its_log() -> None:
    def build_wrong(home: Path) -> Path:
        built = shared_build(home)
        wrong = built.with_name("wrong.yaml")
        template = built.read_text()
        wrong.write_text(template.replace("AWS::SNS::Topic\n", "AWS::SNS::Tropic\n"))
        return wrong

    failed = pytest.raises(UserError, match=r"`sam deploy` failed:.*sam-deploy\.log")
    with failed, local_cloud(cloud_name("user-errors"), build=build_wrong):
        pass


def test_a_source_bucket_that_s3_refuses_is_named_with_what_s3_takes() -> None:
    refused = pytest.raises(UserError, match=r"bucket 'a' cannot be created.*not valid.*3 to 63")
    with refused, local_cloud(cloud_name("short"), build=shared_build, SourceBuckets="a"):
        pass


def test_a_second_cloud_of_the_same_name_is_refused_with_what_to_do() -> None:
    name = cloud_name("twice")
    refused = pytest.raises(UserError, match="make cloud NAME=other")
    with cloud_directory(name), refused, cloud_directory(name):
        pass
