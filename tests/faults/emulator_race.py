"""Shows that the emulator loses on-failure records: why the fault suite sends such uploads again.

``.local/emulator/bin/python -m tests.faults.emulator_race`` runs in the emulator's environment. The
emulator appends a record to a queue's list while its poller replaces that list by one without it.
"""

from __future__ import annotations

import json
import sys
import threading
from importlib import import_module
from typing import Any

RECORDS = 4_000
THREADS = 4
# As large as an upload's: hashing lets other threads run.
EVENT = {"Records": [{"s3": {"object": {"key": "k" * 1_000}}}]}
FAILURE = {"body": {"errorMessage": "uploads without a verdict", "stackTrace": ["s" * 1_000]}}


def main() -> int:
    """Send records to a queue that is polled meanwhile; count those that arrived."""
    # Only the emulator's environment has them.
    sqs: Any = import_module("ministack.services.sqs")
    functions: Any = import_module("ministack.services.lambda_svc")
    failed = _queue(sqs, "failed")
    retry = _queue(sqs, "retry", deadLetterTargetArn=_arn(sqs, failed), maxReceiveCount=11)
    stopped = threading.Event()

    def poll() -> None:
        while not stopped.is_set():
            sqs._receive_messages_for_esm(retry, 0)

    def fail() -> None:
        for _ in range(RECORDS // THREADS):
            functions._route_async_failure(_arn(sqs, retry), "check", EVENT, FAILURE)

    poller = threading.Thread(target=poll)
    failing = [threading.Thread(target=fail) for _ in range(THREADS)]
    for thread in (poller, *failing):
        thread.start()
    for thread in failing:
        thread.join()
    stopped.set()
    poller.join()
    arrived = len(sqs._queues[retry]["messages"])
    sys.stdout.write(f"{RECORDS:,} records sent, {arrived:,} arrived, {RECORDS - arrived:,} lost\n")
    return 0


def _queue(sqs: Any, name: str, **redrive: Any) -> str:
    attributes = {"RedrivePolicy": json.dumps(redrive)} if redrive else {}
    created = sqs._act_create_queue({"QueueName": name, "Attributes": attributes}, "")
    url: str = created["QueueUrl"]
    return url


def _arn(sqs: Any, url: str) -> str:
    arn: str = sqs._queues[url]["attributes"]["QueueArn"]
    return arn


if __name__ == "__main__":
    raise SystemExit(main())
