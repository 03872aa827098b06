"""What `sam build` makes imports on Lambda: our package beside the handler, libraries of layers.

Lambda looks into the function's folder, then into the layers', then into the runtime's
(https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clouds import shared_build
from tests.unit.function.environment import ENVIRONMENT

LIBRARIES = ("boto3", "botocore", "requests", "urllib3", "aws_lambda_powertools", "imagesize")
OF_THE_API = ("pydantic", "pydantic_core", "annotated_types", "typing_inspection")
# In a process without site-packages, so that nothing of the development environment is found.
IMPORTS = """
import importlib, json, sys
paths, names = json.loads(sys.argv[1])
sys.path[:0] = paths
print(json.dumps({name: importlib.import_module(name).__file__ for name in names}))
"""
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
"""Lambda's limit for a function with all of its layers."""


@dataclass(frozen=True, slots=True)
class Artifacts:
    """A function and its layers, with what each of them brings."""

    function: str
    modules: tuple[str, ...]
    layers: Mapping[str, tuple[str, ...]]
    environment: Mapping[str, str]


CHECK_LIVENESS = Artifacts(
    "CheckLivenessFunction",
    ("app", "batch", "liveness.process_upload"),
    {"LivenessLayer": LIBRARIES},
    ENVIRONMENT,
)
UPLOAD_API = Artifacts(
    "UploadApiFunction",
    ("upload_api.app", "liveness.digests"),
    {"LivenessLayer": LIBRARIES, "UploadApiLayer": OF_THE_API},
    {
        **ENVIRONMENT,
        "UPLOADS_TABLE": "uploads",
        "IDEMPOTENCY_TABLE": "idempotency",
        "ATTEMPT_LIMIT": "5",
        "ATTEMPT_WINDOW_SECONDS": "180",
        "LOCKOUT_SECONDS": "1800",
    },
)
BOTH = pytest.mark.parametrize(
    "artifacts", [CHECK_LIVENESS, UPLOAD_API], ids=lambda each: each.function
)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the built functions and their layers."""
    return shared_build(tmp_path_factory.mktemp("build")).parent


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """The runtime's folder, whose libraries must not be imported."""
    folder = tmp_path / "runtime"
    folder.mkdir()
    for library in (*LIBRARIES, *OF_THE_API):
        (folder / f"{library}.py").write_text(f"raise ImportError('the runtime has its {library}')")
    return folder


@BOTH
def test_a_function_imports_every_library_from_its_layers_and_none_from_the_runtime(
    artifacts: Artifacts, build: Path, runtime: Path
) -> None:
    folders = dict.fromkeys(artifacts.modules, build / artifacts.function)
    for layer, libraries in artifacts.layers.items():
        folders |= dict.fromkeys(libraries, build / layer / "python")
    # In the order of layers, in which a later one hides an earlier one.
    layers = [str(build / layer / "python") for layer in reversed([*artifacts.layers])]
    paths = [str(build / artifacts.function), *layers, str(runtime)]

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORTS, json.dumps([paths, list(folders)])],
        env={"PATH": os.environ["PATH"], **artifacts.environment},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    for name, file in json.loads(done.stdout).items():
        assert Path(file).is_relative_to(folders[name]), f"{name} is imported from {file}"


@BOTH
def test_nothing_ships_in_a_function_and_in_a_layer(artifacts: Artifacts, build: Path) -> None:
    function = {path.name for path in (build / artifacts.function).iterdir()}
    for layer in artifacts.layers:
        in_layer = {path.name for path in (build / layer / "python").iterdir()}
        assert function & in_layer <= {"__pycache__"}


def test_the_function_that_decides_has_nothing_of_the_apis_layer(build: Path) -> None:
    for folder in (build / "CheckLivenessFunction", build / "LivenessLayer" / "python"):
        assert not {path.name for path in folder.iterdir()} & {*OF_THE_API, "upload_api"}


@BOTH
def test_a_function_fits_lambda_with_its_layers(artifacts: Artifacts, build: Path) -> None:
    folders = [build / name for name in (artifacts.function, *artifacts.layers)]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]

    assert 1024 * 1024 < sum(path.stat().st_size for path in files) < MAX_UNZIPPED_BYTES
