"""The verdicts table, read for operators: by object, by subject or by outcome, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import batched
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from liveness.models import Outcome, Upload, Verdict
from liveness.verdict_record import from_record, iso_8601
from operations.errors import UserError
from operations.stack import Stack

# DynamoDB's limit of keys in one BatchGetItem.
BATCH_SIZE = 100

_deserialize = TypeDeserializer().deserialize

type Item = Mapping[str, Any]


class VerdictsTable:
    """The table of a stack. What boto3 raises passes through."""

    def __init__(self, stack: Stack) -> None:
        self._dynamodb = stack.session.client("dynamodb")
        self._table = stack.output("VerdictsTableName")

    def of_object(self, name: str) -> Sequence[Item]:
        """Every item of an object; one without `outcome` is an upload without a verdict yet."""
        return list(self._query("object", name, ConsistentRead=True))

    def of_subject(self, subject: str, filters: Mapping[str, str]) -> Iterator[Verdict]:
        """A person's verdicts, by the time of their uploads, where the fields have these values."""
        return self._verdicts(self._query("subject", subject, filters, IndexName="by_subject"))

    def of_outcomes(
        self, outcomes: Iterable[Outcome], since: datetime | None, filters: Mapping[str, str]
    ) -> Iterator[Verdict]:
        """Verdicts of these outcomes since a moment, by the time of their decision."""
        queries = (
            self._query("outcome", outcome.value, filters, since, IndexName="by_outcome")
            for outcome in outcomes
        )
        return self._verdicts(merge(*queries, key=lambda item: item["decided_at"], reverse=True))

    def outcomes(self, keys: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Outcome]:
        """The outcomes of those rows, by `object` and `version`, that have one."""
        found: dict[tuple[str, str], Outcome] = {}
        # Each key once: DynamoDB refuses a batch that has one twice.
        for batch in batched(dict.fromkeys(keys), BATCH_SIZE, strict=False):
            for item in self._items([{"object": name, "version": each} for name, each in batch]):
                if "outcome" in item:
                    found[item["object"], item["version"]] = Outcome(item["outcome"])
        return found

    def _query(
        self,
        key: str,
        value: str,
        filters: Mapping[str, str] | None = None,
        since: datetime | None = None,
        **options: Any,
    ) -> Iterator[Item]:
        values, condition = {":value": value}, "#key = :value"
        if since:
            condition += " AND decided_at >= :since"
            values[":since"] = iso_8601(since)
        names = {"#key": key}
        for name, wanted in (filters or {}).items():
            names[f"#{name}"], values[f":{name}"] = name, wanted
        if filters:
            options["FilterExpression"] = " AND ".join(f"#{name} = :{name}" for name in filters)
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            ScanIndexForward=False,
            KeyConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={name: {"S": text} for name, text in values.items()},
            **options,
        )
        for page in pages:
            for item in page["Items"]:
                yield _plain(item)

    def _verdicts(self, keys: Iterable[Item]) -> Iterator[Verdict]:
        """Read the whole items: an index holds a few of their attributes."""
        for batch in batched(keys, BATCH_SIZE, strict=False):
            # Each once: a `failed` that is replaced meanwhile is found by both of its outcomes.
            unique = {(key["object"], key["version"]): key for key in batch}
            found = self._items(list(unique.values()))
            items = {(item["object"], item["version"]): item for item in found}
            for name in unique:
                # An index follows its table within moments.
                item = items.get(name, {})
                if "outcome" in item:
                    yield verdict_of(item)

    def _items(self, keys: Sequence[Item]) -> Iterator[Item]:
        wanted: Sequence[Any] = [
            {"object": {"S": key["object"]}, "version": {"S": key["version"]}} for key in keys
        ]
        while wanted:
            answer = self._dynamodb.batch_get_item(RequestItems={self._table: {"Keys": wanted}})
            yield from map(_plain, answer["Responses"].get(self._table, []))
            left = answer["UnprocessedKeys"].get(self._table)
            wanted = left["Keys"] if left else []


def verdict_of(item: Item) -> Verdict:
    """The verdict in an item that has an outcome. Raises UserError where somebody has edited it."""
    bucket, _, key = str(item["object"]).removeprefix("s3://").partition("/")
    try:
        uploaded_at = datetime.fromisoformat(item["uploaded_at"])
        return from_record(item, Upload(bucket, key, str(item["version"]), uploaded_at))
    except (LookupError, TypeError, ValueError):
        raise UserError(
            f"The item of {item['object']!r}, version {item['version']!r}, is no record of a "
            "verdict: compare it with docs/messages.md."
        ) from None


def _plain(item: Mapping[str, Any]) -> Item:
    return {name: _deserialize(value) for name, value in item.items()}
