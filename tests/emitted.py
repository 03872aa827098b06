"""Everything that a cloud on this machine has emitted, by where it is, for the search of leaks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from local.cloud import LocalCloud
from operations.failed import peek

type Emitted = dict[str, str]

# What the function says at its most talkative, the events that it gets included.
TALKATIVE = {"POWERTOOLS_LOG_LEVEL": "DEBUG", "POWERTOOLS_LOGGER_LOG_EVENT": "true"}


def emitted(cloud: LocalCloud, announcements: Iterable[str], traces: Iterable[str]) -> Emitted:
    """Read every place; what was announced and traced is for the caller to have heard."""
    home = cloud.engine.log.parent
    return {
        "the log of engine and function": cloud.engine.log.read_text(),
        "the log of the stand-in": Path(cloud.detectliveface.log).read_text(),
        "the logs of SAM": "".join(each.read_text() for each in home.glob("sam-*.log")),
        "the log group": "\n".join(_logged(cloud)),
        "the announcements": "\n".join(announcements),
        "the traces": "\n".join(traces),
        "the table": "\n".join(_rows(cloud)),
        "the failed uploads": "\n".join(lying(cloud, "FailedUploadsQueueUrl")),
        "the queue of retries": "\n".join(lying(cloud, "RetryQueueUrl")),
    }


def lying(cloud: LocalCloud, output: str) -> Iterator[str]:
    """The messages in a queue, which stay there."""
    sqs = _client(cloud, "sqs")
    yield from (each["Body"] for each in peek(sqs, cloud.outputs[output], most=500))


def _logged(cloud: LocalCloud) -> Iterator[str]:
    group = f"/aws/lambda/{cloud.outputs['CheckLivenessFunctionName']}"
    pages = _client(cloud, "logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    for page in pages:
        yield from (event["message"] for event in page["events"])


def _rows(cloud: LocalCloud) -> Iterator[str]:
    pages = _client(cloud, "dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=cloud.outputs["VerdictsTableName"]):
        yield from (json.dumps(item) for item in page["Items"])


def _client(cloud: LocalCloud, service: Any) -> Any:
    return cloud.engine.session.client(service, endpoint_url=cloud.engine.url)
