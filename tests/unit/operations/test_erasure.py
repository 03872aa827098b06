"""All of one person or object is found and erased, and nothing of anybody else."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from operations.erasure import Erasure, StoredItem, UploadData
from operations.errors import UserError
from tests.unit.operations.bucket_and_table import (
    BUCKET,
    ELSEWHERE,
    KEY,
    MARKER,
    OBJECT,
    PICTURE,
    ROW,
    TABLE,
    StoredData,
    stored,
)
from tests.unit.operations.conftest import FakeAws

__all__ = ["stored"]


@pytest.fixture
def data(aws: FakeAws) -> UploadData:
    return UploadData(aws.stack)


def test_of_an_object_every_version_marker_and_row_is_found(
    data: UploadData, stored: StoredData
) -> None:
    stored.versions(f"{KEY}@v2", f"{KEY}@v1", markers=[f"{KEY}@m1"])
    stored.rows(OBJECT, ("v1", "ann"), ("etag:0", None))

    assert data.find_object(OBJECT).items == [
        StoredItem("picture version", OBJECT, "v2"),
        StoredItem("picture version", OBJECT, "v1"),
        StoredItem("delete marker", OBJECT, "m1"),
        StoredItem("row", OBJECT, "v1", "ann"),
        StoredItem("row", OBJECT, "etag:0"),
    ]


def test_versions_are_found_page_by_page_without_those_of_longer_keys(
    data: UploadData, stored: StoredData
) -> None:
    more = {"IsTruncated": True, "NextKeyMarker": KEY, "NextVersionIdMarker": "v2"}
    stored.versions(f"{KEY}@v2", page=more)
    more = {"IsTruncated": True, "NextKeyMarker": f"{KEY}.bak", "NextVersionIdMarker": "b1"}
    stored.versions(f"{KEY}@v1", f"{KEY}.bak@b1", page=more, KeyMarker=KEY, VersionIdMarker="v2")
    stored.rows(OBJECT)

    assert [item.version for item in data.find_object(OBJECT).items] == ["v2", "v1"]


@pytest.mark.parametrize(
    "name",
    [
        ELSEWHERE,
        f"s3://{BUCKET}/",
        f"s3://{BUCKET}",
        f"s3://{BUCKET}-2/a",
        KEY,
        f"https://{BUCKET}/a",
        "",
    ],
)
def test_an_object_outside_the_stacks_bucket_is_refused_without_a_request(
    data: UploadData, name: str
) -> None:
    with pytest.raises(UserError, match=f"name one as s3://{BUCKET}/key"):
        data.find_object(name)


def test_of_a_person_everything_of_their_objects_is_found(
    data: UploadData, stored: StoredData
) -> None:
    stored.index("ann", OBJECT, OBJECT)
    stored.versions(f"{KEY}@v2", f"{KEY}@v1", markers=[f"{KEY}@m1"])
    stored.metadata("v2", {"subject": "ann"})
    stored.metadata("v1", {})
    stored.rows(OBJECT, ("v1", None), ("v2", "ann"))

    found = data.find_subject("ann")

    assert [(item.kind, item.version) for item in found.items] == [
        ("picture version", "v2"),
        ("picture version", "v1"),
        ("delete marker", "m1"),
        ("row", "v1"),
        ("row", "v2"),
    ]
    assert (found.shared, found.elsewhere) == ([], [])


@pytest.mark.parametrize("owner", ["metadata", "row"])
def test_under_a_key_of_two_people_the_other_persons_items_stay_and_stay_hidden(
    data: UploadData, stored: StoredData, owner: str
) -> None:
    stored.index("ann", OBJECT)
    stored.versions(f"{KEY}@v2", f"{KEY}@v1", markers=[f"{KEY}@m1"])
    stored.metadata("v2", {"subject": "ann"})
    stored.metadata("v1", {"subject": "bob"} if owner == "metadata" else {})
    stored.rows(OBJECT, ("v1", "bob" if owner == "row" else None), ("v2", "ann"))

    found = data.find_subject("ann")

    assert found.items == [
        StoredItem("picture version", OBJECT, "v2", "ann"),
        StoredItem("row", OBJECT, "v2", "ann"),
    ]
    assert found.shared == [OBJECT]


def test_a_persons_objects_are_found_on_every_page_of_the_index_once_each(
    data: UploadData, stored: StoredData
) -> None:
    here = {"object": {"S": OBJECT}, "version": {"S": "v1"}}
    stored.index("ann", OBJECT, LastEvaluatedKey=here)
    stored.index("ann", OBJECT, ELSEWHERE, after={"ExclusiveStartKey": here})
    stored.versions()
    stored.rows(OBJECT, ("v1", "ann"))
    stored.rows(ELSEWHERE, ("e1", "ann"), ("e2", None))

    found = data.find_subject("ann")

    assert found.items == [ROW, StoredItem("row", ELSEWHERE, "e1", "ann")]
    assert found.elsewhere == [ELSEWHERE]


def test_a_picture_that_is_deleted_meanwhile_has_no_subject(
    data: UploadData, stored: StoredData
) -> None:
    stored.index("ann", OBJECT)
    stored.versions(f"{KEY}@v1")
    stored.metadata("v1", None)
    stored.rows(OBJECT, ("v1", "ann"))

    assert data.find_subject("ann").items == [StoredItem("picture version", OBJECT, "v1"), ROW]


def test_metadata_that_may_not_be_read_is_an_error(data: UploadData, stored: StoredData) -> None:
    stored.index("ann", OBJECT)
    stored.versions(f"{KEY}@v1")
    stored.s3.add_client_error("head_object", "403")

    with pytest.raises(ClientError):
        data.find_subject("ann")


def test_pictures_are_erased_first_and_the_rows_that_lead_to_them_last(
    data: UploadData, stored: StoredData
) -> None:
    for version in ("v1", "m1"):
        stored.s3.add_response(
            "delete_object", {}, {"Bucket": BUCKET, "Key": KEY, "VersionId": version}
        )
    stored.dynamodb.add_response(
        "delete_item",
        {},
        {"TableName": TABLE, "Key": {"object": {"S": OBJECT}, "version": {"S": "v1"}}},
    )

    assert list(data.erase(Erasure([ROW, PICTURE, MARKER]))) == [PICTURE, MARKER, ROW]


def test_no_row_is_erased_before_its_picture(data: UploadData, stored: StoredData) -> None:
    stored.s3.add_client_error("delete_object", "SlowDown")

    with pytest.raises(ClientError):
        list(data.erase(Erasure([ROW, PICTURE])))
