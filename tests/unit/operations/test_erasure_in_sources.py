"""Of a stack with existing buckets everything is found and erased in each, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from operations.erasure import Erasure, StoredItem, UploadData
from operations.errors import UserError
from tests.unit.operations.bucket_and_table import KEY, OBJECT, StoredData, stored
from tests.unit.operations.conftest import FakeAws

__all__ = ["stored"]

SOURCES = ("archive", "imports")
FORMER = "s3://archive/other/1.jpg"


def stack_parameters(**parameters: str) -> dict[str, list[dict[str, str]]]:
    described = [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]
    return {"Parameters": described}


@pytest.fixture
def data(aws: FakeAws) -> UploadData:
    """Of a stack without a bucket of its own."""
    table = {"VerdictsTableName": aws.stack.outputs["VerdictsTableName"]}
    sources = stack_parameters(SourceBuckets=",".join(SOURCES), KeyPrefixes="selfies/,faces/")
    return UploadData(replace(aws.stack, outputs=table, description=sources))


def test_of_a_person_the_pictures_of_every_source_are_found_each_in_its_bucket(
    data: UploadData, stored: StoredData
) -> None:
    names = [f"s3://{bucket}/{KEY}" for bucket in SOURCES]
    stored.index("ann", *names, FORMER, OBJECT)
    for stored.bucket, name in zip(SOURCES, names, strict=True):
        stored.versions(f"{KEY}@v1", markers=[f"{KEY}@m1"])
        stored.metadata("v1", {"subject": "ann"})
        stored.rows(name, ("v1", "ann"))
        stored.unfinished(f"{KEY}@u1")
    for name in (FORMER, OBJECT):
        stored.rows(name, ("v1", "ann"))

    found = data.find_subject("ann")

    kinds = ("unfinished upload", "picture version", "delete marker", "row")
    assert [(item.object, item.kind) for item in found.items] == [
        *((name, kind) for name in names for kind in kinds),
        (FORMER, "row"),
        (OBJECT, "row"),
    ]
    assert found.elsewhere == [FORMER, OBJECT]


def test_a_picture_of_a_bucket_without_versions_is_found_by_its_metadata(
    data: UploadData, stored: StoredData
) -> None:
    stored.bucket, name = "archive", f"s3://archive/{KEY}"
    stored.index("ann", name)
    stored.versions(f"{KEY}@null")
    stored.metadata("null", {"subject": "ann"})
    stored.rows(name, ("etag:0", "ann"))
    stored.unfinished()

    assert [item.version for item in data.find_subject("ann").items] == ["null", "etag:0"]


def test_each_item_is_erased_in_its_own_bucket(data: UploadData, stored: StoredData) -> None:
    pictures = [StoredItem("picture version", f"s3://{each}/{KEY}", "v1") for each in SOURCES]
    part = StoredItem("unfinished upload", f"s3://imports/{KEY}", "u1")
    place = {"Bucket": "imports", "Key": KEY}
    stored.s3.add_response("abort_multipart_upload", {}, {**place, "UploadId": "u1"})
    for bucket in SOURCES:
        version = {"Bucket": bucket, "Key": KEY, "VersionId": "v1"}
        stored.s3.add_response("delete_object", {}, version)

    assert list(data.erase(Erasure([*pictures, part]))) == [part, *pictures]


@pytest.mark.parametrize("name", [FORMER, OBJECT, f"s3://other/{KEY}", KEY, f" s3://archive/{KEY}"])
def test_an_object_of_no_source_is_refused_with_every_place_that_counts(
    data: UploadData, name: str
) -> None:
    with pytest.raises(UserError) as refused:
        data.find_object(name)

    assert str(refused.value) == (
        f"{name!r} is no object of this stack: name one as s3://archive/selfies/key or "
        "s3://archive/faces/key or s3://imports/selfies/key or s3://imports/faces/key."
    )


def test_beside_sources_the_own_bucket_counts_with_every_key(
    aws: FakeAws, stored: StoredData
) -> None:
    sources = stack_parameters(SourceBuckets="archive", KeyPrefixes="faces/")
    stored.unfinished()
    stored.versions(f"{KEY}@v1")
    stored.rows(OBJECT)

    found = UploadData(replace(aws.stack, description=sources)).find_object(OBJECT)

    assert found.items == [StoredItem("picture version", OBJECT, "v1")]
