"""Items as DynamoDB sends and takes them, with a type beside each value, and as plain values."""

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_to_attribute = TypeSerializer().serialize
_from_attribute = TypeDeserializer().deserialize


def serialized(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give each value its type."""
    return {name: _to_attribute(value) for name, value in item.items()}


def deserialized(item: Mapping[str, Any]) -> dict[str, Any]:
    """Take the types off; numbers become Decimal."""
    return {name: _from_attribute(value) for name, value in item.items()}


def placeholders(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an expression, which names each by a colon and its name."""
    return serialized({f":{name}": value for name, value in values.items()})
