"""A backfill of many versions needs no more memory than one of few."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.operations.conftest import FakeAws
from tests.unit.operations.old_pictures import STORED_AT, TABLE, FakeS3, OldPictures, pictures

__all__ = ["pictures"]

PAGE_SIZE = 1000
TOLERANCE_BYTES = 300_000


class ManyVersions(FakeS3):
    """So many versions, each page of which is made when it is read."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[Any]:  # noqa: N803  # S3's names
        for start in range(0, self.number, PAGE_SIZE):
            yield {"Versions": [self._version(n) for n in range(start, start + PAGE_SIZE)]}

    def _version(self, number: int) -> dict[str, Any]:
        stored = {"VersionId": f"v{number}", "IsLatest": True, "LastModified": STORED_AT}
        return {**stored, "Key": f"{number}.jpg", "ETag": '"e"', "Size": 1}


class SentAreDecided:
    """Table and queue in one: of versions that are sent in order, all up to the last have a row."""

    def __init__(self) -> None:
        self.sent = 0

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803
        self.sent += len(Entries)
        return {}

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
        keys = RequestItems[TABLE]["Keys"]
        decided = [key for key in keys if int(key["version"]["S"][1:]) < self.sent]
        rows = [key | {"outcome": {"S": "live"}} for key in decided]
        return {"Responses": {TABLE: rows}, "UnprocessedKeys": {}}


def peak(aws: FakeAws, pictures: OldPictures, number: int) -> int:
    """The most bytes that were allocated at once."""
    table = SentAreDecided()
    aws.clients |= {"s3": ManyVersions(number), "dynamodb": table, "sqs": table}
    tracemalloc.start()
    try:
        assert pictures.run("--yes", "--rate", "40") == 0
        assert table.sent == number
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_versions(
    aws: FakeAws, pictures: OldPictures, capsys: pytest.CaptureFixture[str]
) -> None:
    peak(aws, pictures, 2 * PAGE_SIZE)  # loads what is loaded once
    few = peak(aws, pictures, 2 * PAGE_SIZE)
    many = peak(aws, pictures, 6 * PAGE_SIZE)

    assert "6,000 of 6,000 decided (100%)" in capsys.readouterr().out
    assert many < few + TOLERANCE_BYTES
