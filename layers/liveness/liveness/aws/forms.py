"""The forms of the upload API in DynamoDB: each is for one picture (template.yaml, UploadsTable).

S3 takes any number of pictures by one presigned POST until it expires. The first one that arrives
here uses the form up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from liveness.aws.errors import aws_errors
from liveness.errors import ImageRejectedError
from liveness.models import Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REASON = "upload_used"
ADVICE = "There is a picture for this upload already. Please start a new one."
# As functions/upload_api names its objects: selfies/<hash of the subject>/<upload id>.
_KEY = re.compile(r"selfies/(?P<subject_hash>[0-9a-f]{32})/(?P<upload_id>[0-9a-f-]{36})")
_UNUSED = "attribute_exists(started_at) AND (attribute_not_exists(used_by) OR used_by = :version)"


@dataclass(frozen=True, slots=True)
class DynamoDBForms:
    """The uploads that the API started."""

    dynamodb: DynamoDBClient
    table: str
    bucket: str

    def use(self, upload: Upload) -> None:
        """Use up the form of this upload, unless it came without one.

        Raises ImageRejectedError where another version used it up, else AwsServiceError.
        """
        key = _KEY.fullmatch(upload.key)
        if key is None or upload.bucket != self.bucket:
            return
        with aws_errors("dynamodb"):
            try:
                self.dynamodb.update_item(
                    TableName=self.table,
                    Key={
                        "subject_hash": {"S": key["subject_hash"]},
                        "item": {"S": f"upload#{key['upload_id']}"},
                    },
                    UpdateExpression="SET used_by = :version",
                    ConditionExpression=_UNUSED,
                    ExpressionAttributeValues={":version": {"S": upload.version}},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
                # Where the API has made no such form, no item is returned.
                if "Item" in error.response:
                    raise ImageRejectedError(REASON, ADVICE) from error
