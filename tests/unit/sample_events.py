"""The sample events of events/, and variations of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from liveness.errors import UnknownEventError
from liveness.events import uploads_in
from liveness.models import Upload

EVENTS = Path(__file__).parents[2] / "events"
SAMPLES: Mapping[str, Any] = {
    file.stem: json.loads(file.read_text())
    for file in sorted(EVENTS.glob("*.json"))
    if not file.name.endswith(".schema.json")
}

LIVE = Upload(
    bucket="selfie-liveness-123456789012-ap-southeast-1-an",
    key="selfies/7f3a9c/live.jpg",
    version="3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH",
    uploaded_at=datetime(2026, 11, 20, 9, 41, 7, 318_000, tzinfo=UTC),
    size=184_320,
    sequencer="00691EE1A33C5D0A42",
)


def by_the_second(upload: Upload) -> Upload:
    return replace(upload, uploaded_at=upload.uploaded_at.replace(microsecond=0))


def s3(**stored: object) -> dict[str, Any]:
    """The plain S3 notification with a few fields of its object changed."""
    event: dict[str, Any] = copy.deepcopy(SAMPLES["s3-object-created"])
    event["Records"][0]["s3"]["object"] |= stored
    return event


def eventbridge(**stored: object) -> dict[str, Any]:
    event: dict[str, Any] = copy.deepcopy(SAMPLES["eventbridge-object-created"])
    event["detail"]["object"] |= stored
    return event


def queued(*bodies: str) -> dict[str, Any]:
    record = SAMPLES["sqs-s3"]["Records"][0]
    return {"Records": [record | {"body": body} for body in bodies]}


def read(event: Any) -> tuple[list[Upload], str]:
    """What could be read, and the error's text, empty where there was none."""
    uploads: list[Upload] = []
    try:
        uploads.extend(uploads_in(event))
    except UnknownEventError as problem:
        return uploads, str(problem)
    return uploads, ""
