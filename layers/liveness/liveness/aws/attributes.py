"""Facts as DynamoDB's attributes, and back: texts, numbers and truths, which are all there are.

boto3 has a serializer for every type, and imports S3's transfers and more along with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from liveness.model import Fact, Facts


def item_of(facts: Facts) -> dict[str, Any]:
    """Write facts as an item."""
    return {name: attribute_of(fact) for name, fact in facts.items()}


def attribute_of(fact: Fact) -> dict[str, Any]:
    """Write one fact."""
    match fact:
        case bool():
            return {"BOOL": fact}
        case str():
            return {"S": fact}
    return {"N": str(fact)}


def facts_of(item: Mapping[str, Any]) -> Facts:
    """Read an item. What we never write is no fact, and is left out."""
    read: dict[str, Fact] = {}
    for name, value in item.items():
        match value:
            case {"S": str(told)} | {"BOOL": bool(told)}:
                read[name] = told
            case {"N": str(number)}:
                read[name] = Decimal(number)
    return read
