"""The code of docs/app.md, exactly as a reader copies it, uploads a selfie and gets its status."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from local.cloud import LocalCloud
from tests.local_cloud.upload_api.people import Evidence, Person
from tests.recipes import recipe_command, recipe_module

DOCUMENT = "docs/app.md"


def test_the_curl_commands_print_the_status(
    cloud: LocalCloud, next_selfie: bytes, tmp_path: Path
) -> None:
    (tmp_path / "selfie.jpg").write_bytes(next_selfie)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", recipe_command(DOCUMENT, "curl")],  # noqa: S607  # as people run it
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **cloud.variables()},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "live"


@pytest.fixture(scope="module")
def python_recipe() -> Any:
    return recipe_module(DOCUMENT, "Python", "selfie.py")["check_selfie"]


def test_the_python_function_returns_the_status(
    python_recipe: Any, api_url: str, person: Person, next_selfie: bytes, evidence: Evidence
) -> None:
    assert python_recipe(api_url, person.phone.token, next_selfie)["status"] == "live"
    assert len(evidence.rows_of(person.subject)) == 1


def test_the_python_function_raises_the_problem(
    python_recipe: Any, api_url: str, person: Person, next_selfie: bytes
) -> None:
    person.started(next_selfie)

    with pytest.raises(requests.HTTPError) as raised:
        python_recipe(api_url, person.phone.token, next_selfie)

    assert raised.value.response.json()["code"] == "upload_open"
