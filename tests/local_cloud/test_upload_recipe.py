"""README's recipe for a presigned upload: one picture, of one size, for one person, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from local.cloud import LocalCloud
from local.sam_cli import PROJECT
from tests.local_cloud.conftest import WaitForNotification

OK, FORBIDDEN, PRECONDITION_FAILED = 200, 403, 412

type Put = Callable[..., requests.Response]


def recipe() -> Callable[..., str]:
    """The function `presign_upload` of README."""
    code = re.search(
        r"```python\n(def presign_upload.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL
    )
    assert code
    names: dict[str, Any] = {}
    exec(code.group(1), names)  # noqa: S102 - our own README
    function: Callable[..., str] = names["presign_upload"]
    return function


@pytest.fixture(scope="module")
def s3(cloud: LocalCloud) -> Any:
    """A client with README's configuration, without which boto3 signs by version 2 here."""
    root, config = cloud.client("s3"), Config(signature_version="s3v4")
    credentials = cloud.emulator.environment
    return boto3.client(
        "s3",
        region_name=root.meta.region_name,
        endpoint_url=cloud.emulator.url,
        verify=str(cloud.emulator.ca_bundle),
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        config=config,
    )


@pytest.fixture
def put(cloud: LocalCloud, s3: Any, selfie: bytes) -> Put:
    """Presign for a key and the selfie's length, and send it with the signed headers, or others."""
    bucket = cloud.upload_bucket

    def put(
        key: str, content: bytes = selfie, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        url = recipe()(s3, bucket, key, "user-2b81c0", len(selfie))
        signed = {"If-None-Match": "*", "x-amz-meta-subject": "user-2b81c0"}
        return requests.put(
            url,
            data=content,
            headers={**signed, **(headers or {})},
            timeout=30,
            verify=str(cloud.emulator.ca_bundle),
        )

    return put


def test_the_picture_gets_a_verdict_with_its_subject(
    put: Put, wait_for_notification: WaitForNotification
) -> None:
    response = put("recipe/live.jpg")

    assert response.status_code == OK
    record = wait_for_notification(response.headers["x-amz-version-id"]).record
    assert (record["outcome"], record["subject"]) == ("live", "user-2b81c0")


def test_a_second_use_makes_no_second_version(put: Put) -> None:
    assert put("recipe/live-twice.jpg").status_code == OK
    assert put("recipe/live-twice.jpg").status_code == PRECONDITION_FAILED


def test_another_length_or_subject_is_refused(put: Put, selfie: bytes) -> None:
    other = {"x-amz-meta-subject": "somebody-else"}

    assert put("recipe/live-other.jpg", headers=other).status_code == FORBIDDEN
    assert put("recipe/live-longer.jpg", selfie + b"x").status_code == FORBIDDEN
