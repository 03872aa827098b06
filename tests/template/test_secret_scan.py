"""detect-secrets over every file of the repository: nothing but what is made up, named here."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.template.transformed import PROJECT

# What looks like a secret, and is none. A pattern that finds nothing any more fails, too.
MADE_UP: Mapping[str, str] = MappingProxyType(
    {
        "events/*.json": "ids and ETags of the samples",
        "layers/liveness/liveness/tencent/codes.py": "error codes about keys",
        "layers/liveness/liveness/tencent/credentials.py": "names of variables",
        "template.yaml": "the name of the secret",
        "tests/unit/tencent/tc3-vectors.json": "signing vectors, with keys made up for them",
        "tests/unit/tencent/test_*.py": "keys made up for the tests",
        "tests/unit/hostile/*.py": "names of buckets and metadata that mean harm",
        "tests/unit/test_*.py": "ids, ETags and keys made up for the tests",
        "tests/local_cloud/*.py": "keys made up for the tests",
        "tests/unit/operations/*.py": "versions and keys made up for the tests",
        "tests/faults/*.py": "names of settings",
        "tests/benchmarks/*.py": "keys made up for the stubs",
        "operations/secret.py": "names of variables",
    }
)
DETECT_SECRETS = PROJECT / ".local" / "audit" / "bin" / "detect-secrets"
HASHES_OF_PACKAGES = r"\.lock$"


def scanned(files: Iterable[str], directory: Path) -> dict[str, list[str]]:
    """Kinds of what is found, by file. Asks nobody whether it is in use."""
    done = subprocess.run(
        [
            *(str(DETECT_SECRETS), "scan", "--no-verify"),
            *("--exclude-files", HASHES_OF_PACKAGES, *files),
        ],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)["results"]
    return {file: [each["type"] for each in secrets] for file, secrets in found.items()}


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607  # the one that everybody has
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return scanned(listed.stdout.splitlines(), PROJECT)


def test_no_file_has_a_secret_but_made_up_ones(found: dict[str, list[str]]) -> None:
    assert [file for file in found if not any(fnmatchcase(file, each) for each in MADE_UP)] == []


def test_a_real_looking_secret_is_found(tmp_path: Path) -> None:
    # In two pieces, so that it is not found here.
    (tmp_path / "settings.py").write_text("KEY = 'AKIA" + "IOSFODNN7EXAMPLF'\n")

    assert scanned(["settings.py"], tmp_path) == {"settings.py": ["AWS Access Key"]}
