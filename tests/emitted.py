"""Everything that a cloud on this machine has emitted, by place, for the search for leaks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from local.cloud import LocalCloud
from operations.failed import peek

type Emitted = dict[str, str]
"""Texts by the place where they were found."""

# As much as the function can log, the events that it receives included.
VERBOSE = {"POWERTOOLS_LOG_LEVEL": "DEBUG", "POWERTOOLS_LOGGER_LOG_EVENT": "true"}


def emitted(cloud: LocalCloud, notifications: Iterable[str], traces: Iterable[str]) -> Emitted:
    """Read every place; the caller has received the notifications and the traces."""
    directory = cloud.emulator.log.parent
    return {
        "the log of emulator and function": cloud.emulator.log.read_text(),
        "the log of the fake": Path(cloud.detectliveface.log).read_text(),
        "the logs of SAM": "".join(each.read_text() for each in directory.glob("sam-*.log")),
        "the log group": "\n".join(_log_records(cloud)),
        "the notifications": "\n".join(notifications),
        "the traces": "\n".join(traces),
        "the table": "\n".join(_items(cloud)),
        "FailedUploads": "\n".join(queued_bodies(cloud, "FailedUploadsQueueUrl")),
        "RetryQueue": "\n".join(queued_bodies(cloud, "RetryQueueUrl")),
    }


def queued_bodies(cloud: LocalCloud, output: str) -> Iterator[str]:
    """The bodies of the messages in a queue, which stay there; `output` names its URL."""
    messages = peek(cloud.client("sqs"), cloud.outputs[output], most=500)
    yield from (each["Body"] for each in messages)


def _log_records(cloud: LocalCloud) -> Iterator[str]:
    group = f"/aws/lambda/{cloud.outputs['CheckLivenessFunctionName']}"
    logs = cloud.client("logs")
    for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
        yield from (event["message"] for event in page["events"])


def _items(cloud: LocalCloud) -> Iterator[str]:
    pages = cloud.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=cloud.outputs["VerdictsTableName"]):
        yield from (json.dumps(item) for item in page["Items"])
