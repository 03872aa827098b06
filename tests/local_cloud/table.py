"""The verdicts table, read as an operator reads it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.conditions import Key

from local.engine import Engine

_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by key and by index."""

    engine: Engine
    name: str

    def row(self, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """The row of an upload; {} where there is none."""
        key = {name: facts[name] for name in ("object", "version")}
        row: Mapping[str, Any] = self._table.get_item(Key=key).get("Item", {})
        return row

    def row_that(
        self, holds: Callable[[Mapping[str, Any]], bool], facts: Mapping[str, Any], *, within: float
    ) -> Mapping[str, Any]:
        """The row of an upload once it is as wanted; as it is when the time is up."""
        end = time.monotonic() + within
        while not holds(row := self.row(facts)) and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return row

    def query(self, index: str, **key: str) -> list[Mapping[str, Any]]:
        """What an index holds under one key."""
        ((name, value),) = key.items()
        found = self._table.query(IndexName=index, KeyConditionExpression=Key(name).eq(value))
        return list(found["Items"])

    @property
    def _table(self) -> Any:
        return self.engine.session.resource("dynamodb", endpoint_url=self.engine.url).Table(
            self.name
        )
