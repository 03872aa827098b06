"""The verdicts table, as the phone's side reads it: one person's answers, one object's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from liveness.aws.errors import aws_errors
from liveness.aws.forms import REASON as UPLOAD_USED
from liveness.aws.items import deserialized, placeholders, serialized
from liveness.errors import AwsServiceError
from liveness.image_rules import ADVICE
from liveness.models import Outcome, Upload, Verdict
from liveness.verdict_record import from_record, iso_8601
from upload_api.attempts import Answered
from upload_api.uploads import Person, PictureRows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")


@dataclass(frozen=True, slots=True)
class DynamoDBVerdictRows:
    """What the verdicts table has of the uploads to `bucket`."""

    dynamodb: DynamoDBClient
    table: str
    bucket: str
    now: Callable[[], datetime]

    def answered(self, person: Person, since: datetime) -> dict[str, Answered]:
        """The person's uploads since then that have a verdict, by upload id.

        By the index, which follows the table within a second.
        """
        items = self._query(
            IndexName="by_subject",
            KeyConditionExpression="subject = :subject AND uploaded_at > :since",
            ExpressionAttributeValues=placeholders(
                {"subject": person.subject, "since": iso_8601(since)}
            ),
        )
        prefix = self._object(f"selfies/{person.hash}/")
        return {
            item["object"].removeprefix(prefix): Answered(_is_technical_retake(item))
            for item in items
            if item["object"].startswith(prefix)
        }

    def rows(self, key: str) -> PictureRows:
        """What is known of the object with that key.

        A form can be sent more than once; the picture that used it up counts.
        """
        items = self._query(
            KeyConditionExpression="#object = :object",
            ExpressionAttributeNames={"#object": "object"},
            ExpressionAttributeValues=placeholders({"object": self._object(key)}),
            ConsistentRead=True,
        )
        decided = [e for e in items if "outcome" in e and e.get("reason") != UPLOAD_USED]
        now = iso_8601(self.now())
        return PictureRows(
            self._verdict(key, min(decided, key=lambda item: item["uploaded_at"]))
            if decided
            else None,
            any("outcome" not in e and e.get("lease_expires_at", "") > now for e in items),
            tuple(item["version"] for item in items),
        )

    def delete(self, key: str, versions: tuple[str, ...]) -> None:
        """Delete the object's rows."""
        for version in versions:
            with aws_errors("dynamodb"):
                self.dynamodb.delete_item(
                    TableName=self.table,
                    Key=serialized({"object": self._object(key), "version": version}),
                )

    def _verdict(self, key: str, item: Mapping[str, Any]) -> Verdict:
        try:
            return from_record(item, Upload(self.bucket, key, item["version"], _EPOCH))
        except ValueError as error:
            # Only somebody with write access to the table can have made such an item.
            raise AwsServiceError("dynamodb", "MalformedItem") from error

    def _object(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def _query(self, **query: Any) -> list[dict[str, Any]]:
        with aws_errors("dynamodb"):
            # One page: a person's uploads of minutes, or the pictures of one form.
            answer = self.dynamodb.query(TableName=self.table, **query)
        return [deserialized(item) for item in answer["Items"]]


def _is_technical_retake(item: Mapping[str, Any]) -> bool:
    return item["outcome"] == Outcome.RETAKE and item.get("reason") in ADVICE
