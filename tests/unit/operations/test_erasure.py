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


def test_of_an_object_every_part_version_marker_and_row_is_found(
    data: UploadData, stored: StoredData
) -> None:
    stored.unfinished(f"{KEY}@u1")
    stored.versions(f"{KEY}@v2", f"{KEY}@v1", markers=[f"{KEY}@m1"])
    stored.rows(OBJECT, ("v1", "ann"), ("etag:0", None))

    assert data.find_object(OBJECT).items == [
        StoredItem("unfinished upload", OBJECT, "u1"),
        StoredItem("picture version", OBJECT, "v2"),
        StoredItem("picture version", OBJECT, "v1"),
        StoredItem("delete marker", OBJECT, "m1"),
        StoredItem("row", OBJECT, "v1", "ann"),
        StoredItem("row", OBJECT, "etag:0"),
    ]


def test_versions_are_found_page_by_page_without_those_of_longer_keys(
    data: UploadData, stored: StoredData
) -> None:
    stored.unfinished()
    more = {"IsTruncated": True, "NextKeyMarker": KEY, "NextVersionIdMarker": "v2"}
    stored.versions(f"{KEY}@v2", page=more)
    more = {"IsTruncated": True, "NextKeyMarker": f"{KEY}.bak", "NextVersionIdMarker": "b1"}
    stored.versions(f"{KEY}@v1", f"{KEY}.bak@b1", page=more, KeyMarker=KEY, VersionIdMarker="v2")
    stored.rows(OBJECT)

    assert [item.version for item in data.find_object(OBJECT).items] == ["v2", "v1"]


def test_unfinished_uploads_are_found_page_by_page_without_those_of_longer_keys(
    data: UploadData, stored: StoredData
) -> None:
    more = {"IsTruncated": True, "NextKeyMarker": KEY, "NextUploadIdMarker": "u1"}
    stored.unfinished(f"{KEY}@u1", page=more)
    stored.unfinished(f"{KEY}@u2", f"{KEY}.bak@b1", after=(KEY, "u1"), page=more)
    stored.versions()
    stored.rows(OBJECT)

    assert [item.version for item in data.find_object(OBJECT).items] == ["u1", "u2"]


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
    stored.versions(f"{KEY}@v3", f"{KEY}@v2", f"{KEY}@v1", markers=[f"{KEY}@m1"])
    stored.metadata("v3", {"subject": "ann"})
    stored.metadata("v2", {"subject": "ann"})
    stored.metadata("v1", {})
    stored.rows(OBJECT, ("v1", "ann"), ("v2", None))
    stored.unfinished(f"{KEY}@u1")

    found = data.find_subject("ann")

    assert [(item.kind, item.version) for item in found.items] == [
        ("unfinished upload", "u1"),
        ("picture version", "v3"),
        ("picture version", "v2"),
        ("picture version", "v1"),
        ("delete marker", "m1"),
        ("row", "v1"),
        ("row", "v2"),
    ]
    assert (found.staying, found.elsewhere) == ([], [])


@pytest.mark.parametrize("other", ["bob", None], ids=["somebody else", "nobody known"])
@pytest.mark.parametrize("owner", ["metadata", "row"])
def test_versions_that_are_not_known_to_be_a_persons_stay_and_so_do_delete_markers(
    data: UploadData, stored: StoredData, owner: str, other: str | None
) -> None:
    stored.index("ann", OBJECT)
    stored.versions(f"{KEY}@v2", f"{KEY}@v1", markers=[f"{KEY}@m1"])
    stored.metadata("v2", {"subject": "ann"})
    stored.metadata("v1", {"subject": other} if other and owner == "metadata" else {})
    row_of = other if owner == "row" else None
    stored.rows(OBJECT, ("v1", row_of), ("v2", "ann"))
    stored.unfinished(f"{KEY}@u1")

    found = data.find_subject("ann")

    assert found.items == [
        StoredItem("picture version", OBJECT, "v2", "ann"),
        StoredItem("row", OBJECT, "v2", "ann"),
    ]
    assert found.staying == [
        StoredItem("picture version", OBJECT, "v1", other if owner == "metadata" else None),
        StoredItem("row", OBJECT, "v1", row_of),
        MARKER,
        StoredItem("unfinished upload", OBJECT, "u1"),
    ]


@pytest.mark.parametrize("metadata", ["=?UTF-8?Q?jos=C3=83=C2=A9?=", "jos\u00c3\u00a9"])
def test_a_subject_is_found_as_the_app_sent_it_however_s3_returns_it(
    data: UploadData, stored: StoredData, metadata: str
) -> None:
    stored.index("josé", OBJECT)
    stored.versions(f"{KEY}@v1")
    stored.metadata("v1", {"subject": metadata})
    stored.rows(OBJECT)
    stored.unfinished()

    assert data.find_subject("josé").items == [StoredItem("picture version", OBJECT, "v1", "josé")]


def test_the_metadata_of_a_picture_counts_more_than_a_row(
    data: UploadData, stored: StoredData
) -> None:
    stored.index("ann", OBJECT)
    stored.versions(f"{KEY}@v1")
    stored.metadata("v1", {"subject": "bob"})
    stored.rows(OBJECT, ("v1", "ann"))
    stored.unfinished()

    assert data.find_subject("ann").items == []


def test_where_only_a_row_stays_delete_markers_go_and_unfinished_uploads_stay(
    data: UploadData, stored: StoredData
) -> None:
    stored.index("ann", OBJECT)
    stored.versions(markers=[f"{KEY}@m1"])
    stored.rows(OBJECT, ("v0", None), ("v1", "ann"))
    stored.unfinished(f"{KEY}@u1")

    found = data.find_subject("ann")

    assert found.items == [MARKER, ROW]
    assert [item.kind for item in found.staying] == ["row", "unfinished upload"]


def test_a_persons_objects_are_found_on_every_page_of_the_index_once_each(
    data: UploadData, stored: StoredData
) -> None:
    here = {"object": {"S": OBJECT}, "version": {"S": "v1"}}
    stored.index("ann", OBJECT, LastEvaluatedKey=here)
    stored.index("ann", OBJECT, ELSEWHERE, after={"ExclusiveStartKey": here})
    stored.versions()
    stored.rows(OBJECT, ("v1", "ann"))
    stored.unfinished()
    stored.rows(ELSEWHERE, ("e1", "ann"), ("e2", None))

    found = data.find_subject("ann")

    assert found.items == [ROW, StoredItem("row", ELSEWHERE, "e1", "ann")]
    assert found.staying == [StoredItem("row", ELSEWHERE, "e2")]
    assert found.elsewhere == [ELSEWHERE]


def test_a_picture_that_is_deleted_meanwhile_has_no_subject(
    data: UploadData, stored: StoredData
) -> None:
    stored.index("ann", OBJECT)
    stored.versions(f"{KEY}@v1")
    stored.metadata("v1", None)
    stored.rows(OBJECT, ("v1", "ann"))
    stored.unfinished()

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
    part = StoredItem("unfinished upload", OBJECT, "u1")
    stored.s3.add_response(
        "abort_multipart_upload", {}, {"Bucket": BUCKET, "Key": KEY, "UploadId": "u1"}
    )
    for version in ("v1", "m1"):
        stored.s3.add_response(
            "delete_object", {}, {"Bucket": BUCKET, "Key": KEY, "VersionId": version}
        )
    stored.dynamodb.add_response(
        "delete_item",
        {},
        {"TableName": TABLE, "Key": {"object": {"S": OBJECT}, "version": {"S": "v1"}}},
    )

    items = [ROW, MARKER, PICTURE, part]
    assert list(data.erase(Erasure(items))) == [part, PICTURE, MARKER, ROW]


def test_an_unfinished_upload_that_has_ended_meanwhile_is_no_error(
    data: UploadData, stored: StoredData
) -> None:
    part = StoredItem("unfinished upload", OBJECT, "u1")
    stored.s3.add_client_error("abort_multipart_upload", "NoSuchUpload")

    assert list(data.erase(Erasure([part]))) == [part]


def test_no_row_is_erased_before_its_picture(data: UploadData, stored: StoredData) -> None:
    stored.s3.add_client_error("delete_object", "SlowDown")

    with pytest.raises(ClientError):
        list(data.erase(Erasure([ROW, PICTURE])))
