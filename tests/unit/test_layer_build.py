"""`make build-LivenessLayer`, with a stub of uv: sources and bytecode, for Lambda's paths."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

import botocore
import pytest

from liveness.aws.operations import OPERATIONS

LAYER = Path(__file__).parents[2] / "layers" / "liveness"
# PEP 552: after the magic number, 1 is "by hash, unchecked".
UNCHECKED_HASH = MAGIC_NUMBER + b"\1\0\0\0"
STUB_UV = """#!/bin/sh
# `uv pip install … --target FOLDER`
while [ "$1" != --target ]; do shift; done
mkdir -p "$2" && cp -R "{packages}"/. "$2"
"""


def build(folder: Path, *sources: tuple[str, str]) -> subprocess.CompletedProcess[str]:
    """Build in a copy of the layer's folder, into `folder/artifacts`."""
    copy, packages, commands = folder / "layer", folder / "packages", folder / "bin"
    shutil.copytree(LAYER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name, source in (("requests/api.py", "ANSWER = 42\n"), *sources):
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    copy_models(packages / "botocore")
    commands.mkdir()
    executable(commands / "uv", STUB_UV.format(packages=packages))
    executable(commands / "python3.13", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    return subprocess.run(
        ["make", "build-LivenessLayer"],  # noqa: S607  # from PATH, as SAM runs it
        cwd=copy,
        env={
            **os.environ,
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "ARTIFACTS_DIR": str(folder / "artifacts"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def copy_models(target: Path) -> None:
    source = Path(botocore.__file__).parent
    shutil.copytree(source, target, ignore=_other_services)


def _other_services(folder: str, names: Sequence[str]) -> list[str]:
    if Path(folder).name == "data":
        return [name for name in names if "." not in name and name not in OPERATIONS]
    return [name for name in names if name == "__pycache__"]


def executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer's folder of packages."""
    folder = tmp_path_factory.mktemp("layer")
    make = build(folder)
    assert make.returncode == 0, make.stderr
    return folder / "artifacts" / "python"


def test_every_module_is_compiled_beside_its_source_and_never_compared_with_it(built: Path) -> None:
    sources = list(built.rglob("*.py"))

    assert built / "requests" / "api.py" in sources
    for source in sources:
        bytecode = Path(cache_from_source(str(source))).read_bytes()
        assert bytecode.startswith(UNCHECKED_HASH)


def test_the_layer_has_the_libraries_and_not_our_package(built: Path) -> None:
    assert {path.name for path in built.iterdir()} == {"botocore", "requests"}


def test_tracebacks_name_the_paths_on_lambda(built: Path) -> None:
    bytecode = Path(cache_from_source(str(built / "requests" / "api.py"))).read_bytes()

    assert b"/opt/python/requests/api.py" in bytecode


def test_the_models_are_reduced(built: Path) -> None:
    services = [path.name for path in (built / "botocore" / "data").iterdir() if path.is_dir()]

    assert sorted(services) == sorted(OPERATIONS)
    assert not list(built.rglob("service-2.json.gz"))


def test_what_both_layers_ship_has_one_version() -> None:
    """A function's later layer hides what an earlier one has."""
    liveness, upload_api = (
        dict(
            re.findall(
                r"^([\w-]+)==(\S+)", (folder / "requirements.lock").read_text(), re.MULTILINE
            )
        )
        for folder in (LAYER, LAYER.parent / "upload_api")
    )

    assert "pydantic" in upload_api.keys() - liveness.keys()
    for name in liveness.keys() & upload_api.keys():
        assert liveness[name] == upload_api[name], name


def test_a_source_that_does_not_compile_fails_the_build(tmp_path: Path) -> None:
    make = build(tmp_path, ("requests/broken.py", "ANSWER =\n"))

    assert make.returncode != 0
    assert "broken.py" in make.stdout + make.stderr
