"""`make build-CheckLivenessFunction`: the handler and our package ship in one artefact."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
FUNCTION = PROJECT / "functions" / "check_liveness"
PACKAGE = PROJECT / "layers" / "liveness" / "liveness"
# PEP 552: after the magic number, 1 is "by hash, unchecked".
UNCHECKED_HASH = MAGIC_NUMBER + b"\1\0\0\0"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The function's artefact, built as SAM does: in a copy, with the Makefile where it lies."""
    folder = tmp_path_factory.mktemp("function")
    copy, artifacts, commands = folder / "copy", folder / "artifacts", folder / "bin"
    shutil.copytree(FUNCTION, copy)
    artifacts.mkdir()
    commands.mkdir()
    (commands / "python3.13").symlink_to(sys.executable)
    make = subprocess.run(
        ["make", "--makefile", str(FUNCTION / "Makefile"), "build-CheckLivenessFunction"],  # noqa: S607
        cwd=copy,
        env={
            **os.environ,
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "ARTIFACTS_DIR": str(artifacts),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert make.returncode == 0, make.stderr
    return artifacts


def files(folder: Path) -> set[str]:
    """Everything in a folder but bytecode and what only a build needs."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != "Makefile"
    }


def test_the_artefact_has_the_handler_and_our_package_and_nothing_else(built: Path) -> None:
    ours = {f"liveness/{name}" for name in files(PACKAGE)}

    assert "liveness/tencent/error_codes.csv" in ours
    assert files(built) == files(FUNCTION) | ours


def test_every_module_is_compiled_beside_its_source_for_its_path_on_lambda(built: Path) -> None:
    sources = list(built.rglob("*.py"))

    assert built / "app.py" in sources
    for source in sources:
        bytecode = Path(cache_from_source(str(source))).read_bytes()
        assert bytecode.startswith(UNCHECKED_HASH)
        assert f"/var/task/{source.relative_to(built)}".encode() in bytecode
