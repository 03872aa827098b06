"""The layer carries what the function needs, compiled, and no more."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path

from packing import lean
from tests.unit.hostile.test_buckets import ENVIRONMENT, FUNCTION

# PEP 552: after the magic number, 1 is "by hash, unchecked".
UNCHECKED = MAGIC_NUMBER + b"\1\0\0\0"
LEFT_OUT = [unused.replace("/", ".") for unused in lean.UNUSED] + ["boto3", "s3transfer"]
START = """
import sys

class LeftOut:
    def find_spec(self, name, path=None, target=None):
        if any(name == it or name.startswith(it + ".") for it in LEFT_OUT):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, LeftOut())
import app, batch
"""


def test_the_function_starts_without_what_is_left_out() -> None:
    subprocess.run(
        [sys.executable, "-c", f"LEFT_OUT = {LEFT_OUT!r}{START}"],
        cwd=FUNCTION,
        env={**os.environ, **ENVIRONMENT},
        check=True,
    )


def test_ours_is_compiled_beside_its_source_and_others_in_its_place(tmp_path: Path) -> None:
    for package in ("liveness", "requests", "requests-2.34.2.dist-info", "certifi/tests"):
        (tmp_path / package).mkdir(parents=True)
    for source in ("liveness/model.py", "requests/api.py", "typing_extensions.py"):
        (tmp_path / source).write_text("ANSWER = 42\n")
    (tmp_path / "requests" / "py.typed").touch()
    (tmp_path / "requests-2.34.2.dist-info" / "METADATA").write_text("Name: requests\n")

    assert lean.main(tmp_path) == 0

    assert sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()
    ) == [
        "liveness/__pycache__/model.cpython-313.pyc",
        "liveness/model.py",
        "requests-2.34.2.dist-info/METADATA",
        "requests/api.pyc",
        "typing_extensions.pyc",
    ]
    assert all(path.read_bytes().startswith(UNCHECKED) for path in tmp_path.rglob("*.pyc"))
    assert b"/opt/python/requests/api.py" in (tmp_path / "requests" / "api.pyc").read_bytes()


def test_a_source_that_does_not_compile_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "liveness").mkdir()
    (tmp_path / "liveness" / "model.py").write_text("ANSWER =\n")

    assert lean.main(tmp_path) == 1
