"""All of one person or object is found and erased, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from operations.traces import ForeignObject, Store, Trace, Traces
from tests.unit.operations.bucket_and_table import (
    BUCKET,
    ELSEWHERE,
    KEY,
    MARKER,
    OBJECT,
    PICTURE,
    ROW,
    TABLE,
    Aws,
    answering,
)


@pytest.fixture
def answers() -> Iterator[tuple[Aws, Store]]:
    with answering() as both:
        yield both


@pytest.fixture
def aws(answers: tuple[Aws, Store]) -> Aws:
    return answers[0]


@pytest.fixture
def store(answers: tuple[Aws, Store]) -> Store:
    return answers[1]


def test_of_an_object_every_version_marker_and_row_is_found(store: Store, aws: Aws) -> None:
    aws.lists(f"{KEY}@v2", f"{KEY}@v1", markers=[f"{KEY}@m1"])
    aws.rows(OBJECT, ("v1", "ann"), ("etag:0", None))

    assert store.of_object(OBJECT).all == [
        Trace("picture version", OBJECT, "v2"),
        Trace("picture version", OBJECT, "v1"),
        Trace("delete marker", OBJECT, "m1"),
        Trace("row", OBJECT, "v1", "ann"),
        Trace("row", OBJECT, "etag:0"),
    ]


def test_versions_are_found_page_by_page_and_no_longer_key_is_taken(store: Store, aws: Aws) -> None:
    more = {"IsTruncated": True, "NextKeyMarker": KEY, "NextVersionIdMarker": "v2"}
    aws.lists(f"{KEY}@v2", page=more)
    more = {"IsTruncated": True, "NextKeyMarker": f"{KEY}.bak", "NextVersionIdMarker": "b1"}
    aws.lists(f"{KEY}@v1", f"{KEY}.bak@b1", page=more, KeyMarker=KEY, VersionIdMarker="v2")
    aws.rows(OBJECT)

    assert [trace.version for trace in store.of_object(OBJECT).all] == ["v2", "v1"]


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
def test_what_is_not_in_the_stacks_bucket_is_refused_unasked(store: Store, name: str) -> None:
    with pytest.raises(ForeignObject, match=f"name one as s3://{BUCKET}/key"):
        store.of_object(name)


def test_of_a_person_everything_of_their_objects_is_found(store: Store, aws: Aws) -> None:
    aws.index("ann", OBJECT, OBJECT)
    aws.lists(f"{KEY}@v2", f"{KEY}@v1", markers=[f"{KEY}@m1"])
    aws.heads("v2", {"subject": "ann"})
    aws.heads("v1", {})
    aws.rows(OBJECT, ("v1", None), ("v2", "ann"))

    found = store.of_subject("ann")

    assert [(trace.kind, trace.version) for trace in found.all] == [
        ("picture version", "v2"),
        ("picture version", "v1"),
        ("delete marker", "m1"),
        ("row", "v1"),
        ("row", "v2"),
    ]
    assert (found.shared, found.elsewhere) == ([], [])


@pytest.mark.parametrize("owner", ["head", "row"])
def test_where_a_key_is_somebody_elses_too_theirs_stays_and_stays_hidden(
    store: Store, aws: Aws, owner: str
) -> None:
    aws.index("ann", OBJECT)
    aws.lists(f"{KEY}@v2", f"{KEY}@v1", markers=[f"{KEY}@m1"])
    aws.heads("v2", {"subject": "ann"})
    aws.heads("v1", {"subject": "bob"} if owner == "head" else {})
    aws.rows(OBJECT, ("v1", "bob" if owner == "row" else None), ("v2", "ann"))

    found = store.of_subject("ann")

    assert found.all == [
        Trace("picture version", OBJECT, "v2", "ann"),
        Trace("row", OBJECT, "v2", "ann"),
    ]
    assert found.shared == [OBJECT]


def test_a_person_is_found_on_every_page_of_the_index_once_for_each_object(
    store: Store, aws: Aws
) -> None:
    here = {"object": {"S": OBJECT}, "version": {"S": "v1"}}
    aws.index("ann", OBJECT, LastEvaluatedKey=here)
    aws.index("ann", OBJECT, ELSEWHERE, after={"ExclusiveStartKey": here})
    aws.lists()
    aws.rows(OBJECT, ("v1", "ann"))
    aws.rows(ELSEWHERE, ("e1", "ann"), ("e2", None))

    found = store.of_subject("ann")

    assert found.all == [ROW, Trace("row", ELSEWHERE, "e1", "ann")]
    assert found.elsewhere == [ELSEWHERE]


def test_a_picture_that_goes_while_it_is_looked_at_is_nobodys(store: Store, aws: Aws) -> None:
    aws.index("ann", OBJECT)
    aws.lists(f"{KEY}@v1")
    aws.heads("v1", None)
    aws.rows(OBJECT, ("v1", "ann"))

    assert store.of_subject("ann").all == [Trace("picture version", OBJECT, "v1"), ROW]


def test_a_picture_that_may_not_be_looked_at_is_a_fault(store: Store, aws: Aws) -> None:
    aws.index("ann", OBJECT)
    aws.lists(f"{KEY}@v1")
    aws.s3.add_client_error("head_object", "403")

    with pytest.raises(ClientError):
        store.of_subject("ann")


def test_pictures_go_first_and_the_rows_that_lead_to_them_last(store: Store, aws: Aws) -> None:
    for version in ("v1", "m1"):
        aws.s3.add_response(
            "delete_object", {}, {"Bucket": BUCKET, "Key": KEY, "VersionId": version}
        )
    aws.dynamodb.add_response(
        "delete_item",
        {},
        {"TableName": TABLE, "Key": {"object": {"S": OBJECT}, "version": {"S": "v1"}}},
    )

    assert list(store.erase(Traces([ROW, PICTURE, MARKER]))) == [PICTURE, MARKER, ROW]


def test_no_row_goes_before_its_picture_is_gone(store: Store, aws: Aws) -> None:
    aws.s3.add_client_error("delete_object", "SlowDown")

    with pytest.raises(ClientError):
        list(store.erase(Traces([ROW, PICTURE])))
