"""Takes from a layer what our function has no use for, and compiles the rest.

``python -m packing.lean PYTHON`` works on the layer's folder of packages, in place.
"""

from __future__ import annotations

import compileall
import shutil
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

OURS = "liveness"

# Parts of Powertools that are never imported by what we import of it: half of the zip.
POWERTOOLS_UNUSED = (
    "event_handler",
    *(
        f"utilities/{name}"
        for name in (
            "auth_alpha",
            "circuit_breaker",
            "data_masking",
            "feature_flags",
            "idempotency",
            "kafka",
            "parameters",
            "parser",
            "streaming",
            "validation",
        )
    ),
)
UNUSED = (
    *(f"aws_lambda_powertools/{part}" for part in POWERTOOLS_UNUSED),
    "bin",
    "certifi/tests",
)


# Where Lambda puts layers: what tracebacks name, on whatever machine the layer was built.
ON_LAMBDA = "/opt/python"


def main(packages: Path) -> int:
    """Make the folder lean; the result is the status to end with."""
    for unused in UNUSED:
        shutil.rmtree(packages / unused, ignore_errors=True)
    for for_developers in (".lock", "py.typed", "*.pyi", "*.dist-info/RECORD"):
        for path in packages.rglob(for_developers):
            path.unlink()
    return 0 if all(_compile(path, packages) for path in sorted(packages.iterdir())) else 1


def _compile(path: Path, packages: Path) -> bool:
    """Compile what is Python there; bytecode takes the place of sources that are not ours.

    It is never checked against a source, which costs as much as reading it.
    """
    is_ours = path.name == OURS
    compile_it = compileall.compile_dir if path.is_dir() else compileall.compile_file
    compiled = compile_it(
        path,
        quiet=1,
        legacy=not is_ours,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        stripdir=str(packages),
        prependdir=ON_LAMBDA,
    )
    if not is_ours:
        for source in [path] if path.suffix == ".py" else path.rglob("*.py"):
            source.unlink()
    return bool(compiled)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
