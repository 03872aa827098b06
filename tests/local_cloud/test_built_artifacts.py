"""What `sam build` makes imports on Lambda: our package beside the handler, libraries of the layer.

Lambda looks into the function's folder, then into the layers', then into the runtime's
(https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clouds import shared_build
from tests.unit.function.environment import ENVIRONMENT

LIBRARIES = ("boto3", "botocore", "requests", "urllib3", "aws_lambda_powertools", "imagesize")
# In a process without site-packages, so that nothing of the development environment is found.
IMPORTS = f"""
import json, sys
sys.path[:0] = sys.argv[1:]
import app, batch, liveness.process_upload
import {", ".join(LIBRARIES)}
names = ["app", "liveness", *{LIBRARIES}]
print(json.dumps({{name: sys.modules[name].__file__ for name in names}}))
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the built function and its layer."""
    return shared_build(tmp_path_factory.mktemp("build")).parent


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """The runtime's folder, whose libraries must not be imported."""
    folder = tmp_path / "runtime"
    folder.mkdir()
    for library in LIBRARIES:
        (folder / f"{library}.py").write_text(f"raise ImportError('the runtime has its {library}')")
    return folder


def test_the_function_imports_every_library_from_its_layer_and_none_from_the_runtime(
    build: Path, runtime: Path
) -> None:
    function, layer = build / "CheckLivenessFunction", build / "LivenessLayer" / "python"

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORTS, str(function), str(layer), str(runtime)],
        env={"PATH": os.environ["PATH"], **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    origins = {name: Path(file) for name, file in json.loads(done.stdout).items()}
    for name, origin in origins.items():
        folder = layer if name in LIBRARIES else function
        assert origin.is_relative_to(folder), f"{name} is imported from {origin}"


def test_nothing_ships_in_both_artifacts(build: Path) -> None:
    function, layer = build / "CheckLivenessFunction", build / "LivenessLayer" / "python"

    shared = {path.name for path in function.iterdir()} & {path.name for path in layer.iterdir()}
    assert shared <= {"__pycache__"}
