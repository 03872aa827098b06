"""detect-secrets over every file of the repository finds only the false positives listed here."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.template.transformed import PROJECT

# Files with what looks like a secret and is none, and what it is.
FALSE_POSITIVES: Mapping[str, str] = MappingProxyType(
    {
        "benchmarks/*.py": "made-up keys for the stub services",
        "events/*.json": "ids and ETags of the samples",
        "template.yaml": "the name of the secret",
        "tests/faults/*.py": "names of settings",
        "tests/local_cloud/*.py": "made-up keys",
        "tests/template/test_cfn_lint.py": "the name of the secret",
        "tests/unit/hostile/*.py": "hostile bucket names and metadata",
        "tests/unit/operations/*.py": "made-up versions and keys",
        "tests/unit/tencent/tc3-vectors.json": "signing vectors with made-up keys",
        "tests/unit/tencent/test_*.py": "made-up keys",
        "tests/unit/function/environment.py": "made-up keys",
        "tests/unit/sample_events.py": "made-up ids and ETags",
        "tests/unit/upload_api/test_pictures.py": "made-up keys",
        "tests/unit/test_*.py": "made-up ids, ETags and keys",
    }
)
DETECT_SECRETS = PROJECT / ".local" / "audit" / "bin" / "detect-secrets"
LOCK_FILES = r"\.lock$"


def scanned(files: Iterable[str], directory: Path) -> dict[str, list[str]]:
    """Types of the secrets found, by file; none is verified over the network."""
    done = subprocess.run(
        [
            *(str(DETECT_SECRETS), "scan", "--no-verify"),
            *("--exclude-files", LOCK_FILES, *files),
        ],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
    )
    results = json.loads(done.stdout)["results"]
    return {file: [each["type"] for each in secrets] for file, secrets in results.items()}


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607  # git may be installed anywhere
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return scanned(listed.stdout.splitlines(), PROJECT)


def test_no_file_has_a_secret(found: dict[str, list[str]]) -> None:
    secrets = {
        file for file in found if not any(fnmatchcase(file, each) for each in FALSE_POSITIVES)
    }

    assert secrets == set()


def test_every_pattern_of_false_positives_matches_one(found: dict[str, list[str]]) -> None:
    unused = {
        each for each in FALSE_POSITIVES if not any(fnmatchcase(file, each) for file in found)
    }

    assert unused == set()


def test_a_secret_is_found(tmp_path: Path) -> None:
    # In two parts, so that the scan of this file does not find it.
    (tmp_path / "settings.py").write_text("KEY = 'AKIA" + "IOSFODNN7EXAMPLF'\n")

    assert scanned(["settings.py"], tmp_path) == {"settings.py": ["AWS Access Key"]}
