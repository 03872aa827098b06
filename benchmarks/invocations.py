"""Events, and the environment variables that Lambda would set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from benchmarks.builds import Build
from benchmarks.measurements import memory_mb
from benchmarks.runtime import PROJECT, STATE

_numbers, _traces = count(), count()


def trace_header() -> str:
    """Return a new X-Ray header; sampled, as single uploads are with `Tracing: Active`."""
    return f"Root=1-5bef4de7-{next(_traces):024x};Parent=9a9197af755a6419;Sampled=1"


def s3_event() -> dict[str, Any]:
    """Return S3's event about one selfie, each time another version."""
    event: dict[str, Any] = json.loads((PROJECT / "events" / "s3-object-created.json").read_text())
    event["Records"][0]["s3"]["object"]["versionId"] = f"version-{next(_numbers):08}"
    return event


def sqs_event(uploads: int) -> dict[str, Any]:
    """Return a batch of RetryQueue with one upload in each message."""
    event: dict[str, Any] = json.loads((PROJECT / "events" / "sqs-s3.json").read_text())
    [message] = event["Records"]
    event["Records"] = [
        {
            **message,
            "messageId": f"00000000-0000-4000-8000-{number:012}",
            "receiptHandle": f"receipt-{number}",
            "body": json.dumps(s3_event()),
        }
        for number in range(uploads)
    ]
    return event


def environment(build: Build, addresses: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that Lambda sets, the program's own, and the stubs' addresses."""
    home = STATE / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        # Lambda's code folder is read-only: bytecode that is not shipped is compiled every time.
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(build.layer / "python") if build.layer else "",
        "LAMBDA_TASK_ROOT": str(build.function),
        "AWS_LAMBDA_FUNCTION_NAME": build.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb()),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",  # from AWS's documentation
        "AWS_SECRET_ACCESS_KEY": "not-real",
        "AWS_SESSION_TOKEN": "not-real",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        **build.environment,
        **{f"AWS_ENDPOINT_URL_{name}": f"https://{host}" for name, host in addresses.items()},
        "TENCENT_HOST": addresses["IAI"],
        "TENCENT_ENDPOINT": f"https://{addresses['IAI']}",
        "CA_BUNDLE": str(STATE / "bundle.pem"),
    }
