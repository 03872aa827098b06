"""Announcements on SNS: the facts as JSON, and attributes to filter on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from liveness.aws.faults import faults_of
from liveness.model import Fact, Facts

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

SCHEMA_VERSION = "1.0"
_FILTERED_ON = ("outcome", "reason", "face_model_version")


@dataclass(frozen=True, slots=True)
class SNSAnnouncements:
    """The verdicts topic (events/announcement.schema.json)."""

    sns: SNSClient
    topic_arn: str

    def announce(self, facts: Facts) -> str:
        """Publish once and return SNS's message id; SNS delivers at least once.

        Raises StorageFault where SNS fails.
        """
        attributes = {name: str(facts[name]) for name in _FILTERED_ON if name in facts}
        attributes["bucket"] = _bucket(facts)
        with faults_of("sns"):
            published = self.sns.publish(
                TopicArn=self.topic_arn,
                Message=message(facts),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in attributes.items()
                },
            )
        return published["MessageId"]


def message(facts: Facts) -> str:
    """The announcement's JSON text."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **facts}, default=_number)


def _bucket(facts: Facts) -> str:
    return str(facts["object"]).removeprefix("s3://").partition("/")[0]


def _number(fact: Fact) -> int | float:
    if not isinstance(fact, Decimal):
        raise TypeError(f"an announcement cannot hold a {type(fact).__name__}")
    return int(fact) if fact == fact.to_integral_value() else float(fact)
