"""Each form of the upload API is for one picture; whatever else is sent with it is not judged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from liveness.aws.forms import DynamoDBForms
from liveness.errors import AwsServiceError, ImageRejectedError, LivenessError
from liveness.models import Upload
from tests.unit.use_case import FINAL, LIVE, UPLOAD, UseCase

KEY = f"selfies/{'a' * 32}/0b8f2d4e-6c1a-4b7d-9e3f-5a2c8d7e1f60"
FIRST_PICTURE = replace(UPLOAD, key=KEY)
SECOND_PICTURE = replace(FIRST_PICTURE, version="v2")


class ConditionFailedError(ClientError):
    """DynamoDB's ConditionalCheckFailedException."""


@dataclass
class UploadsInMemory:
    """The item of one upload, with the condition that DynamoDB checks."""

    item: dict[str, Any] | None = field(default_factory=lambda: {"started_at": {"S": "…"}})
    error: Exception | None = None
    keys: list[Any] = field(default_factory=list)
    exceptions = SimpleNamespace(ConditionalCheckFailedException=ConditionFailedError)

    def update_item(self, **request: Any) -> None:
        if self.error:
            raise self.error
        assert "attribute_exists(started_at) AND" in request["ConditionExpression"]
        self.keys.append(request["Key"])
        version = request["ExpressionAttributeValues"][":version"]
        if self.item is None:
            raise ConditionFailedError({}, "UpdateItem")
        if self.item.setdefault("used_by", version) != version:
            response: Any = {"Error": {"Code": "ConditionalCheckFailedException"}}
            raise ConditionFailedError(response | {"Item": self.item}, "UpdateItem")


def forms(uploads: UploadsInMemory) -> DynamoDBForms:
    client: Any = uploads
    return DynamoDBForms(client, "uploads", UPLOAD.bucket)


def test_the_first_picture_uses_the_form_up_also_when_it_is_delivered_again() -> None:
    uploads = UploadsInMemory()

    forms(uploads).use(FIRST_PICTURE)
    forms(uploads).use(FIRST_PICTURE)

    _, hash_of_subject, upload_id = KEY.split("/")
    key = {"subject_hash": {"S": hash_of_subject}, "item": {"S": f"upload#{upload_id}"}}
    assert uploads.keys == [key, key]


def test_a_second_picture_is_rejected() -> None:
    uploads = UploadsInMemory()
    forms(uploads).use(FIRST_PICTURE)

    with pytest.raises(ImageRejectedError) as rejected:
        forms(uploads).use(SECOND_PICTURE)

    assert rejected.value.reason == "upload_used"


def test_what_the_api_did_not_start_needs_no_form() -> None:
    forms(UploadsInMemory(item=None)).use(FIRST_PICTURE)


@pytest.mark.parametrize(
    "upload",
    [
        UPLOAD,
        replace(FIRST_PICTURE, bucket="another"),
        replace(FIRST_PICTURE, key=KEY + ".jpg"),
        replace(FIRST_PICTURE, key="x" + KEY),
        replace(FIRST_PICTURE, key=KEY.upper()),
    ],
)
def test_other_keys_are_not_looked_up(upload: Upload) -> None:
    uploads = UploadsInMemory()

    forms(uploads).use(upload)

    assert uploads.keys == []


def test_a_fault_of_the_table_is_no_verdict() -> None:
    error: Any = {"Error": {"Code": "InternalServerError"}}

    with pytest.raises(AwsServiceError):
        forms(UploadsInMemory(error=ClientError(error, "UpdateItem"))).use(FIRST_PICTURE)


@dataclass(frozen=True)
class FormsThatRaise:
    """Forms that nobody can use."""

    error: LivenessError

    def use(self, upload: Upload) -> None:
        raise self.error


def test_a_second_picture_is_a_retake_of_its_subject_and_nobody_is_billed() -> None:
    use_case = UseCase(LIVE, forms=FormsThatRaise(ImageRejectedError("upload_used", "A new one.")))
    use_case.images.subject = "ann"

    use_case.process()

    assert use_case.published["outcome"] == "retake"
    assert use_case.published["reason"] == "upload_used"
    assert use_case.row["subject"] == "ann"
    assert use_case.detector.sent == []


def test_an_upload_is_delivered_again_where_its_form_cannot_be_read() -> None:
    use_case = UseCase(LIVE, forms=FormsThatRaise(AwsServiceError("dynamodb", "Throttled")))

    with pytest.raises(AwsServiceError):
        use_case.process()
    use_case.process(FINAL)

    assert use_case.published["outcome"] == "failed"
    assert use_case.detector.sent == []
