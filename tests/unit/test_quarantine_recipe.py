"""README's subscriber moves a version into quarantine, and deletes nothing that it did not copy."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError

from tests.recipes import README, SUBSCRIBERS, recipe_file, recipe_module, section

type Handler = Callable[[dict[str, Any], None], None]

OBJECT = {"Bucket": "uploads", "Key": "a/é #1?.jpg", "VersionId": "v1"}
EVENT = {
    "Records": [
        {
            "Sns": {
                "Message": json.dumps(
                    {"object": "s3://uploads/a/é #1?.jpg", "version": "v1", "id": "the-id"}
                )
            }
        }
    ]
}


class S3InMemory:
    """Two buckets; `error` is the code that a copy fails with."""

    exceptions = boto3.client("s3", region_name="us-east-1").exceptions

    def __init__(self, error: str = "") -> None:
        self.error = error
        self.versions = [OBJECT, {**OBJECT, "VersionId": "v2"}]
        self.quarantine: dict[str, dict[str, str]] = {}

    def copy_object(self, **request: Any) -> None:
        source = request["CopySource"]
        error = self.error or ("" if source in self.versions else "NoSuchVersion")
        if error:
            raise ClientError({"Error": {"Code": error}}, "CopyObject")
        assert request["Bucket"] == "quarantine"
        self.quarantine[request["Key"]] = source

    def delete_object(self, **version: str) -> None:
        self.versions = [each for each in self.versions if each != version]


@pytest.fixture
def s3() -> S3InMemory:
    return S3InMemory()


@pytest.fixture
def handler(s3: S3InMemory, monkeypatch: pytest.MonkeyPatch) -> Handler:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("QUARANTINE", "quarantine")
    names = recipe_module(README, "Routing by outcome", "app.py")
    names["s3"] = s3
    handler: Handler = names["handler"]
    return handler


def test_that_version_is_moved_and_no_other(s3: S3InMemory, handler: Handler) -> None:
    handler(EVENT, None)

    assert s3.quarantine == {"the-id": OBJECT}
    assert [each["VersionId"] for each in s3.versions] == ["v2"]


def test_a_second_delivery_changes_nothing(s3: S3InMemory, handler: Handler) -> None:
    handler(EVENT, None)
    handler(EVENT, None)

    assert s3.quarantine == {"the-id": OBJECT}
    assert [each["VersionId"] for each in s3.versions] == ["v2"]


@pytest.mark.parametrize("error", ["AccessDenied", "NoSuchBucket", "SlowDown"])
def test_what_could_not_be_copied_is_not_deleted(
    error: str, s3: S3InMemory, handler: Handler
) -> None:
    s3.error = error

    with pytest.raises(ClientError, match=error):
        handler(EVENT, None)
    assert OBJECT in s3.versions


class Loader(yaml.SafeLoader):
    """Reads a template; CloudFormation's functions become text."""


Loader.add_multi_constructor("!", lambda _, function, node: f"{function} {node.value}")


def test_the_readme_shows_the_policy_of_the_template() -> None:
    _, _, shown = section(README, "Routing by outcome").partition("```yaml\n")
    template = yaml.load(recipe_file(SUBSCRIBERS, "Quarantine", "template.yaml"), Loader)  # noqa: S506
    function = template["Resources"]["MoveToQuarantine"]["Properties"]

    statements = yaml.load(shown.partition("```")[0], Loader)  # noqa: S506
    assert statements == function["Policies"][0]["Statement"]
