"""The verdicts table, read as an operator reads it."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.conditions import Key

from local.emulator import Emulator

_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by key and by index."""

    emulator: Emulator
    name: str

    def row(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row with this `object` and `version`; {} where there is none."""
        key = {name: record[name] for name in ("object", "version")}
        row: Mapping[str, Any] = self._table.get_item(Key=key).get("Item", {})
        return row

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
        found = self._table.query(IndexName=index, KeyConditionExpression=Key(name).eq(value))
        return list(found["Items"])

    @property
    def _table(self) -> Any:
        return _resource(self.emulator).Table(self.name)


@functools.cache
def _resource(emulator: Emulator) -> Any:
    session: Any = emulator.session
    return session.resource("dynamodb", endpoint_url=emulator.url)
