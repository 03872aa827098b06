"""Events, and the environment in which Lambda would run a contestant on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from tests.benchmarks.builds import Contestant
from tests.benchmarks.runtime import PROJECT, STATE

_numbers, _traces = count(), count()


def trace() -> str:
    """Another trace for each invocation; sampled, as with Tracing: Active single uploads are."""
    return f"Root=1-5bef4de7-{next(_traces):024x};Parent=9a9197af755a6419;Sampled=1"


def one_upload() -> dict[str, Any]:
    """What S3 tells of one selfie; each is another version."""
    event = json.loads((PROJECT / "events" / "s3-object-created.json").read_text())
    event["Records"][0]["s3"]["object"]["versionId"] = f"version-{next(_numbers):08}"
    return event  # type: ignore[no-any-return]  # as the sample is


def queued(uploads: int) -> dict[str, Any]:
    """A batch of RetryQueue, one upload in each message."""
    event = json.loads((PROJECT / "events" / "sqs-s3.json").read_text())
    [message] = event["Records"]
    event["Records"] = [
        {
            **message,
            "messageId": f"00000000-0000-4000-8000-{number:012}",
            "receiptHandle": f"receipt-{number}",
            "body": json.dumps(one_upload()),
        }
        for number in range(uploads)
    ]
    return event  # type: ignore[no-any-return]  # as the sample is


def environment(contestant: Contestant, addresses: Mapping[str, str]) -> dict[str, str]:
    """The variables that Lambda sets, the contestant's own, and where the stubs are."""
    home = STATE / "home"
    home.mkdir(parents=True, exist_ok=True)
    stubs = {
        f"AWS_ENDPOINT_URL_{service}": f"https://{address}"
        for service, address in addresses.items()
    }
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        # What is compiled on Lambda is lost: the code's folder is read-only there.
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(contestant.layer / "python") if contestant.layer else "",
        "LAMBDA_TASK_ROOT": str(contestant.function),
        "AWS_LAMBDA_FUNCTION_NAME": contestant.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",  # AWS's own made-up one
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_SESSION_TOKEN": "made-up",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        **contestant.environment,
        **stubs,
        "TENCENT_HOST": addresses["IAI"],
        "TENCENT_ENDPOINT": f"https://{addresses['IAI']}",
        "CA_BUNDLE": str(STATE / "bundle.pem"),
    }
