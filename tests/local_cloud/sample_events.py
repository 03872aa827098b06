"""The events of events/, filled in for an upload of a test."""

from __future__ import annotations

import json
from typing import Any

from local.sam_cli import PROJECT


def sample_event(name: str) -> Any:
    """Return an event of events/; of an SQS event, its first message's body."""
    event = json.loads((PROJECT / "events" / f"{name}.json").read_text())
    return json.loads(event["Records"][0]["body"]) if name.startswith("sqs-") else event


def s3_event(bucket: str, key: str, version: str, **fields: object) -> str:
    """Return S3's notification of an upload; `fields` are further ones of its `object`."""
    event = sample_event("s3-object-created")
    event["Records"][0]["s3"]["bucket"]["name"] = bucket
    event["Records"][0]["s3"]["object"] |= {"key": key, "versionId": version, **fields}
    return json.dumps(event)
