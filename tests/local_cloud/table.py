"""The verdicts table, read as an operator reads it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from local.emulator import Emulator

_POLL_SECONDS = 0.05

_deserialize = TypeDeserializer().deserialize


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by key and by index."""

    emulator: Emulator
    name: str

    def row(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row with this `object` and `version`; {} where there is none."""
        key = {name: {"S": record[name]} for name in ("object", "version")}
        return _plain(self._dynamodb.get_item(TableName=self.name, Key=key).get("Item", {}))

    def wait_for_row(
        self,
        condition: Callable[[Mapping[str, Any]], bool],
        record: Mapping[str, Any],
        *,
        within: float,
    ) -> Mapping[str, Any]:
        """The same once the condition holds, or as it is after `within` seconds."""
        end = time.monotonic() + within
        while not condition(row := self.row(record)) and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return row

    def query(self, index: str, **key: str) -> list[Mapping[str, Any]]:
        """The rows that an index has for one key."""
        ((name, value),) = key.items()
        found = self._dynamodb.query(
            TableName=self.name,
            IndexName=index,
            KeyConditionExpression="#name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": {"S": value}},
        )
        return [_plain(item) for item in found["Items"]]

    @property
    def _dynamodb(self) -> Any:
        return self.emulator.client("dynamodb")


def _plain(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: _deserialize(value) for name, value in item.items()}
