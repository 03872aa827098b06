"""README's subscriber moves what is not live into quarantine, version by version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.uploader import Uploader
from tests.local_cloud.polling import wait_until
from tests.local_cloud.subscribers.conftest import Decided
from tests.local_cloud.subscribers.recipe_stack import (
    ARRIVES_WITHIN_SECONDS,
    deploy_recipe,
    invoke,
)
from tests.recipes import README, recipe_file

STACK = "quarantine"
# S3 accepts it; in the source of a copy it has to be encoded.
KEY = "a b/spoof größe +?.jpg"


@pytest.fixture
def stack(cloud: LocalCloud, tmp_path: Path, uploader: Uploader) -> Iterator[Mapping[str, str]]:
    """The outputs of the recipe's stack, which is deleted afterwards: it moves every picture."""
    app = recipe_file(README, "Routing by outcome", "app.py")
    yield deploy_recipe(
        cloud, tmp_path, "Quarantine", "template.yaml", app=app, BUCKET=uploader.bucket
    )
    cloud.client("cloudformation").delete_stack(StackName=STACK)


def versions(s3: Any, bucket: str, key: str) -> list[str]:
    found = s3.list_object_versions(Bucket=bucket, Prefix=key)
    assert not found.get("DeleteMarkers")
    return [each["VersionId"] for each in found.get("Versions", [])]


def test_what_is_not_live_is_moved_and_what_is_live_stays(
    cloud: LocalCloud,
    stack: Mapping[str, str],
    uploader: Uploader,
    selfie: bytes,
    decided: Decided,
) -> None:
    s3, quarantine = cloud.client("s3"), stack["QuarantineBucket"]
    live, spoof = decided("a b/live.jpg"), decided(KEY)
    wait_until(
        lambda: not versions(s3, uploader.bucket, KEY),
        within=ARRIVES_WITHIN_SECONDS,
        what="a version that was moved",
    )
    # SNS delivers at least once.
    again = {name: spoof[name] for name in ("object", "version", "id", "outcome")}
    invoke(cloud, stack["FunctionName"], again)

    copies = s3.list_objects_v2(Bucket=quarantine)["Contents"]
    assert [each["Key"] for each in copies] == [spoof["id"]]
    moved = s3.get_object(Bucket=quarantine, Key=spoof["id"])
    assert (moved["Body"].read(), moved["Metadata"]) == (selfie, {"subject": "user-7f3a9c"})
    assert versions(s3, uploader.bucket, "a b/live.jpg") == [live["version"]]
