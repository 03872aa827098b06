"""The messages of a backfill: S3's own notification of one version each, sent in tens."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from liveness.aws.sqs import BACKFILL_GROUP
from liveness.verdict_record import iso_8601
from operations.console import counted
from operations.errors import UserError
from operations.object_versions import ObjectVersion
from operations.queue import describe_queue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_ATTEMPTS = 8


def message(version: ObjectVersion) -> str:
    """What S3 would have sent to RetryQueue when the version was stored."""
    stored: dict[str, Any] = {
        "key": quote_plus(version.key, safe="/"),
        "size": version.size,
        "eTag": version.etag,
    }
    if version.version_id:
        stored["versionId"] = version.version_id
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "eventTime": iso_8601(version.last_modified),
        "s3": {"bucket": {"name": version.bucket}, "object": stored},
    }
    return json.dumps({"Records": [record]})


@dataclass(frozen=True, slots=True)
class BackfillQueue:
    """RetryQueue, for a backfill."""

    sqs: SQSClient
    url: str
    sleep: Callable[[float], None]

    def is_empty(self) -> bool:
        """Whether it has no message, visible, in flight or delayed, by SQS's counts."""
        return not describe_queue(self.sqs, self.url).messages

    def send(self, versions: Sequence[ObjectVersion]) -> None:
        """Send a message about each of at most ten versions.

        What SQS does not take is sent again after 0.1 s, then twice as late each time. Raises
        UserError where SQS refuses a message, or takes it at none of eight attempts.
        """
        entries = {
            str(number): {
                "Id": str(number),
                "MessageBody": message(version),
                "MessageGroupId": BACKFILL_GROUP,
            }
            for number, version in enumerate(versions)
        }
        for attempt in range(_ATTEMPTS):
            if attempt:
                self.sleep(0.05 * 2**attempt)
            batch: Any = list(entries.values())
            failed = self.sqs.send_message_batch(QueueUrl=self.url, Entries=batch).get("Failed", [])
            if refused := next((each for each in failed if each["SenderFault"]), None):
                raise UserError(f"SQS refuses a message: {refused.get('Message', refused['Code'])}")
            entries = {each["Id"]: entries[each["Id"]] for each in failed}
            if not entries:
                return
        raise UserError(
            f"SQS did not take {counted(len(entries), 'message')} at {_ATTEMPTS} attempts."
        )
