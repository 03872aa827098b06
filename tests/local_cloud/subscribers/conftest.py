"""A cloud for the recipes of docs/subscribers.md, which lets another account subscribe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.uploader import Uploader
from tests.clouds import start_cloud
from tests.local_cloud.subscribers.recipe_stack import ARRIVES_WITHIN_SECONDS, NAMED_ACCOUNT
from tests.local_cloud.table import Table

type Decided = Callable[[str], Mapping[str, Any]]


@pytest.fixture(scope="package")
def cloud() -> Iterator[LocalCloud]:
    with start_cloud("subscribers", SubscriberAccountIds=NAMED_ACCOUNT) as cloud:
        yield cloud


@pytest.fixture
def decided(cloud: LocalCloud, uploader: Uploader, selfie: bytes) -> Decided:
    """Upload the selfie under a key, and wait for its published verdict."""
    table = Table(cloud.emulator, cloud.outputs["VerdictsTableName"])

    def upload(key: str) -> Mapping[str, Any]:
        version = uploader.upload(key, selfie, subject="user-7f3a9c")
        row = table.wait_for_row(
            lambda row: "published_at" in row,
            {"object": f"s3://{uploader.bucket}/{key}", "version": version},
            within=ARRIVES_WITHIN_SECONDS,
        )
        assert "published_at" in row
        return row

    return upload
