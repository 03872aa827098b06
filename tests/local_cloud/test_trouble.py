"""What can go wrong on a machine ends in one line that says what happened and what to do."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local import engine as engine_module
from local.cloud import ENGINE_COMMAND, cloud_home, local_cloud
from local.engine import engine
from local.say import Trouble
from local.setup import PROJECT


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A copy of what set-up needs, with uv there already."""
    for name in ("local/setup.py", ".python-version", "requirements", "layers/liveness"):
        source, target = PROJECT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "uv").symlink_to(PROJECT / ".local" / "uv")
    return tmp_path


def set_up(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "local/setup.py"],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", "HOME": str(project), "UV_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_python_of_the_runtime_is_named_with_what_to_do(elsewhere: Path) -> None:
    (elsewhere / ".python-version").write_text("3.99\n")

    done = set_up(elsewhere)

    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "Python 3.99" in line
    assert "install it" in line
    assert str(elsewhere / ".local" / "setup.log") in line


def test_packages_that_cannot_be_fetched_are_named_with_what_to_do(elsewhere: Path) -> None:
    (elsewhere / "requirements" / "dev.lock").write_text(
        f"no-such-package-of-ours==1 --hash=sha256:{'0' * 64}\n"
    )
    (elsewhere / ".python-version").write_text(f"{sys.executable}\n")

    done = set_up(elsewhere)

    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "requirements/dev.lock" in line
    assert "package index" in line


def test_a_port_that_is_taken_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(engine_module, "free_port", lambda: taken.getsockname()[1])

        stopped = pytest.raises(Trouble, match=r"stopped at once.*port.*try again.*engine\.log")
        with stopped, engine(ENGINE_COMMAND, tmp_path):
            pass


def test_an_engine_that_is_not_installed_is_named_with_what_to_do(tmp_path: Path) -> None:
    with (
        pytest.raises(Trouble, match=r"not installed.*make setup"),
        engine(tmp_path / "no", tmp_path),
    ):
        pass


def test_an_engine_that_does_not_answer_is_named_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mute = tmp_path / "mute"
    mute.write_text("#!/bin/sh\nsleep 600\n")
    mute.chmod(0o755)
    monkeypatch.setattr(engine_module, "STARTS_WITHIN_SECONDS", 0.3)

    with pytest.raises(Trouble, match=r"did not answer.*engine\.log"), engine(mute, tmp_path):
        pass


def test_a_deploy_that_fails_says_why_and_where_the_log_is(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        (PROJECT / "template.yaml").read_text().replace("AWS::SNS::Topic\n", "AWS::SNS::Tropic\n")
    )

    failed = pytest.raises(Trouble, match=r"`sam deploy` failed:.*sam-deploy\.log")
    with failed, local_cloud("trouble", template=template):
        pass


def test_a_second_cloud_of_one_name_is_refused_with_what_to_do(tmp_path: Path) -> None:
    refused = pytest.raises(Trouble, match="make cloud NAME=other")
    with cloud_home("twice"), refused, cloud_home("twice"):
        pass
