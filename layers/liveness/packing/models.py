"""Cuts botocore's own models down to the calls that our adapters make.

``python -m packing.models TARGET`` writes what the botocore that is installed says of them, as
that botocore's loader reads it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore
from botocore.loaders import Loader

CALLS: Mapping[str, frozenset[str]] = {
    "dynamodb": frozenset({"PutItem", "UpdateItem"}),
    # HeadBucket is botocore's own, for a bucket that turns out to be in another region.
    "s3": frozenset({"DeleteObject", "GetObject", "HeadBucket"}),
    "secretsmanager": frozenset({"GetSecretValue"}),
    "sns": frozenset({"Publish"}),
    "sqs": frozenset({"ChangeMessageVisibility", "SendMessage"}),
}
# What is read of an answer that has forty fields more: botocore looks for each of them.
READ: Mapping[str, frozenset[str]] = {
    "GetObject": frozenset({"Body", "ContentRange", "Metadata"}),
}
# Which botocore they are of: an older one must not read them.
VERSION = "botocore.txt"

_SERVICE, _RULES, _ENDPOINTS = "service-2", "endpoint-rule-set-1", "endpoints"


def main(target: Path) -> None:
    """Write the models below `target`, laid out as botocore's own."""
    loader = Loader()
    for service, operations in CALLS.items():
        version = loader.determine_latest_version(service, _SERVICE)
        folder = target / service / version
        model = loader.load_service_model(service, _SERVICE, version)
        _write(folder / f"{_SERVICE}.json", cut(model, operations))
        rules = loader.load_service_model(service, _RULES, version)
        _write(folder / f"{_RULES}.json", undocumented(rules))
    _write(target / f"{_ENDPOINTS}.json", only(loader.load_data(_ENDPOINTS), CALLS))
    (target / VERSION).write_text(botocore.__version__ + "\n", encoding="utf-8")


def cut(model: Mapping[str, Any], operations: Iterable[str]) -> Mapping[str, Any]:
    """Keep these operations of a service, the shapes that they reach, and none of the prose."""
    kept = {name: model["operations"][name] for name in sorted(operations)}
    shapes = _reached({**model["shapes"], **_answers_read(model, kept)}, kept)
    lean: Mapping[str, Any] = undocumented({**model, "operations": kept, "shapes": shapes})
    return lean


def only(endpoints: Mapping[str, Any], services: Iterable[str]) -> Mapping[str, Any]:
    """Keep these services in every partition, with all that is said of regions."""
    partitions = [
        {
            **partition,
            "services": {
                name: partition["services"][name]
                for name in sorted(services)
                if name in partition["services"]
            },
        }
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def undocumented(model: Any) -> Any:
    """Empty the prose, half of a model, and keep its keys: botocore reads some of them."""
    match model:
        case {**items}:
            return {
                name: "" if _is_prose(name, value) else undocumented(value)
                for name, value in items.items()
            }
        case list(values):
            return [undocumented(value) for value in values]
    return model


def _is_prose(name: object, value: Any) -> bool:
    # A member of a shape may be called so too.
    return name == "documentation" and isinstance(value, str)


def _answers_read(model: Mapping[str, Any], kept: Iterable[str]) -> Mapping[str, Any]:
    """The shapes of answers, without the fields that nobody reads."""
    shapes: dict[str, Any] = {}
    for name in READ.keys() & set(kept):
        answer = model["operations"][name]["output"]["shape"]
        whole = model["shapes"][answer]
        members = {field: whole["members"][field] for field in sorted(READ[name])}
        shapes[answer] = {**whole, "members": members}
    return shapes


def _reached(shapes: Mapping[str, Any], operations: Mapping[str, Any]) -> Mapping[str, Any]:
    reached: dict[str, Any] = {}
    waiting = list(_named(operations))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = shapes[name]
            waiting += _named(shapes[name])
    return dict(sorted(reached.items()))


def _named(model: Any) -> Iterator[str]:
    """Yield every shape that a piece of a model refers to."""
    match model:
        case {"shape": str(name)}:
            yield name
        case {**items}:
            for value in items.values():
                yield from _named(value)
        case list(values):
            for value in values:
                yield from _named(value)


def _write(path: Path, model: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(model, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
