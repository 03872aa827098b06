"""Publishes verdicts on SNS: the record as JSON, and message attributes to filter by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from liveness.aws.errors import aws_errors
from liveness.models import Verdict
from liveness.verdict_record import Field, Record, to_public_record

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

SCHEMA_VERSION = "1.0"
_FILTERABLE = ("outcome", "reason", "reuse", "face_model_version")


@dataclass(frozen=True, slots=True)
class SNSPublisher:
    """The verdicts topic (events/notification.schema.json)."""

    sns: SNSClient
    topic_arn: str

    def publish(self, verdict: Verdict) -> str:
        """Publish once and return SNS's message id; SNS delivers at least once.

        Raises AwsServiceError.
        """
        record = to_public_record(verdict)
        attributes = {name: str(record[name]) for name in _FILTERABLE if name in record}
        attributes["bucket"] = verdict.upload.bucket
        with aws_errors("sns"):
            published = self.sns.publish(
                TopicArn=self.topic_arn,
                Message=notification(record),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in attributes.items()
                },
            )
        return published["MessageId"]


def notification(record: Record) -> str:
    """The JSON text that subscribers get."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **record}, default=_number)


def _number(value: Field) -> int | float:
    if not isinstance(value, Decimal):
        raise TypeError(f"a notification cannot hold a {type(value).__name__}")
    return int(value) if value == value.to_integral_value() else float(value)
