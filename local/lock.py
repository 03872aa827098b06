"""Renews the lock files: exact versions with hashes, and no registry's address."""

from __future__ import annotations

import subprocess

from local.setup import CHECKS, PROJECT, UV

# boto3 and what it stands on are in Lambda's Python runtime already.
RUNTIMES_OWN = ("boto3", "botocore", "jmespath", "s3transfer", "python-dateutil", "six")
LAYER = "layers/liveness/pyproject.toml"
LAYER_LOCK = "layers/liveness/requirements.lock"
# The botocore whose models the layer carries, cut (layers/liveness/packing/models.py).
MODELS_LOCK = "layers/liveness/models.lock"
COMPILE = (
    *(str(UV / "bin" / "uv"), "pip", "compile", "--quiet", "--upgrade", "--generate-hashes"),
    *("--no-header", "--no-annotate", "--python-version", "3.13"),
)


def main() -> None:
    """Renew all of them."""
    _compile(
        LAYER_LOCK,
        LAYER,
        *("--python-platform", "aarch64-manylinux_2_28"),
        *(option for name in RUNTIMES_OWN for option in ("--no-emit-package", name)),
    )
    _compile(MODELS_LOCK, "--group", "models")
    # Tests run with the very versions that the layer ships.
    layers_versions = (LAYER, "--constraint", LAYER_LOCK)
    _compile("requirements/dev.lock", "--group", "dev", "--universal", *layers_versions)
    _compile("requirements/engine.lock", "--group", "engine", "--universal")
    for check in CHECKS:
        _compile(f"requirements/{check}.lock", "--group", check, "--universal")
    _compile("requirements/uv.lock", "requirements/uv.in")


def _compile(lock: str, *sources: str) -> None:
    subprocess.run([*COMPILE, "--output-file", lock, *sources], cwd=PROJECT, check=True)
    print(f"  {lock}")


if __name__ == "__main__":
    main()
