"""Tags of an object version: merged with those it has, at most ten, never of a later image."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from liveness.aws.s3 import S3Images
from liveness.errors import AwsServiceError, ObjectNotFoundError
from liveness.models import Upload

UPLOAD = Upload("selfies", "ann/1.png", "v1", datetime(2026, 11, 23, 12, tzinfo=UTC))
UNVERSIONED = Upload("selfies", "ann/1.png", "etag:0cc1", UPLOAD.uploaded_at)
TAGS = {"liveness": "live", "liveness-id": UPLOAD.id}


class TagsInMemory:
    """One object version with tags and attributes; `error` is raised by every request."""

    def __init__(self, tags: dict[str, str] | None = None, error: str | None = None) -> None:
        self.tags = tags or {}
        self.error = error
        self.puts = 0
        self.version: dict[str, str] = {"VersionId": "v1"}

    def get_object_tagging(self, **request: str) -> dict[str, Any]:
        self._check(request)
        return {"TagSet": [{"Key": key, "Value": value} for key, value in self.tags.items()]}

    def put_object_tagging(self, *, Tagging: dict[str, Any], **request: str) -> None:  # noqa: N803
        self._check(request)
        self.puts += 1
        self.tags = {tag["Key"]: tag["Value"] for tag in Tagging["TagSet"]}

    def head_object(self, **request: str) -> dict[str, Any]:
        self._check(request, {"VersionId": "v1"} if "VersionId" in request else {})
        found = {"ETag": '"0cc1"', "LastModified": UPLOAD.uploaded_at, "ContentLength": 7}
        return found | self.version

    def _check(self, request: dict[str, str], version: dict[str, str] | None = None) -> None:
        version = {"VersionId": "v1"} if version is None else version
        assert request == {"Bucket": "selfies", "Key": "ann/1.png"} | version
        if self.error:
            raise ClientError({"Error": {"Code": self.error}}, "GetObjectTagging")


def images(s3: TagsInMemory) -> S3Images:
    return S3Images(s3)  # type: ignore[arg-type]  # what is used of it


def test_tags_are_set_beside_those_that_the_version_has() -> None:
    s3 = TagsInMemory({"team": "onboarding", "liveness": "retake"})

    assert images(s3).tag(UPLOAD, TAGS)
    assert s3.tags == {"team": "onboarding", **TAGS}


def test_tags_that_are_there_are_not_written_again() -> None:
    s3 = TagsInMemory(dict(TAGS))

    assert images(s3).tag(UPLOAD, TAGS)
    assert s3.puts == 0


@pytest.mark.parametrize(("others", "is_tagged"), [(8, True), (9, False)])
def test_a_version_has_at_most_ten_tags(others: int, *, is_tagged: bool) -> None:
    s3 = TagsInMemory({f"other-{number}": "x" for number in range(others)})

    assert images(s3).tag(UPLOAD, TAGS) is is_tagged
    assert s3.puts == is_tagged


def test_an_upload_without_a_version_is_not_tagged() -> None:
    s3 = TagsInMemory(error="must not be called")

    assert not images(s3).tag(UNVERSIONED, TAGS)


def test_a_version_that_is_gone_is_not_tagged() -> None:
    assert not images(TagsInMemory(error="NoSuchVersion")).tag(UPLOAD, TAGS)


def test_a_tag_that_is_refused_is_an_error() -> None:
    with pytest.raises(AwsServiceError, match="AccessDenied"):
        images(TagsInMemory(error="AccessDenied")).tag(UPLOAD, TAGS)


def test_a_version_is_found_as_an_event_would_describe_it() -> None:
    found = images(TagsInMemory()).find("selfies", "ann/1.png", "v1")

    assert found == Upload("selfies", "ann/1.png", "v1", UPLOAD.uploaded_at, 7)


def test_without_an_id_the_current_version_is_found() -> None:
    assert images(TagsInMemory()).find("selfies", "ann/1.png", None).version == "v1"


@pytest.mark.parametrize("version", [{}, {"VersionId": "null"}])
def test_without_versions_the_etag_names_it(version: dict[str, str]) -> None:
    s3 = TagsInMemory()
    s3.version = version

    assert images(s3).find("selfies", "ann/1.png", None).version == "etag:0cc1"


def test_a_version_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(ObjectNotFoundError):
        images(TagsInMemory(error="404")).find("selfies", "ann/1.png", "v1")
