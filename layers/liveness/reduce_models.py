"""Reduces botocore's models to the operations that the adapters use, when the layer is built.

``python reduce_models.py PACKAGES`` works in place on the layer's folder of packages; the adapters
lie beside this file. botocore ships 400 services and searches them all; the adapters call ten
operations of five.
"""

import ast
import gzip
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from liveness.aws.operations import OPERATIONS

_ADAPTERS = Path(__file__).parent / "liveness" / "aws"
_SHAPE = re.compile(r'"shape": "(\w+)"')


def main(packages: Path, adapters: Path = _ADAPTERS) -> None:
    """Remove what `liveness.aws.operations` does not list. Exits where an adapter uses more."""
    sys.path.insert(0, str(packages))
    from botocore import xform_name  # noqa: PLC0415 - the layer's own

    calls = set(_calls(adapters))
    data = packages / "botocore" / "data"
    for folder in [path for path in data.iterdir() if path.is_dir()]:
        if folder.name not in OPERATIONS:
            shutil.rmtree(folder)
    endpoints = json.loads((data / "endpoints.json").read_bytes())
    for partition in endpoints["partitions"]:
        services = partition["services"].items()
        partition["services"] = {name: value for name, value in services if name in OPERATIONS}
    # Never written in place: files may be hard links into the installer's cache.
    (data / "endpoints.json").unlink()
    (data / "endpoints.json").write_text(json.dumps(endpoints))
    for service, listed in OPERATIONS.items():
        (path,) = (data / service).rglob("service-2.json.gz")
        model = json.loads(gzip.decompress(path.read_bytes()), object_hook=_without_prose)
        if missing := {name for name in model["operations"] if xform_name(name) in calls} - listed:
            sys.exit(f"liveness/aws uses {service} {sorted(missing)}: list it in operations.py")
        model["operations"] = {name: model["operations"][name] for name in sorted(listed)}
        model["shapes"] = _reachable(model["shapes"], model["operations"])
        path.unlink()
        path.with_suffix("").write_text(json.dumps(model))


def _calls(adapters: Path) -> Iterator[str]:
    """Every method that an adapter calls, and every operation that it names in a text."""
    for path in adapters.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(attr=name)) | ast.Constant(value=str(name)):
                    yield name


def _reachable(shapes: dict[str, Any], operations: dict[str, Any]) -> dict[str, Any]:
    """Keep the shapes that the operations refer to, directly or through other shapes."""
    reached: dict[str, Any] = {}
    waiting = _SHAPE.findall(json.dumps(operations))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = shapes[name]
            waiting += _SHAPE.findall(json.dumps(shapes[name]))
    return reached


def _without_prose(model: dict[str, Any]) -> dict[str, Any]:
    """Empty the documentation, half of a model; a shape's member may have that name too."""
    is_prose = isinstance(model.get("documentation"), str)
    return {**model, "documentation": ""} if is_prose else model


if __name__ == "__main__":
    main(Path(sys.argv[1]))
