"""Events, and the environment variables that Lambda would set."""

from __future__ import annotations

import json
import os
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


def post_event() -> dict[str, Any]:
    """Return API Gateway's event of a phone that starts an upload."""
    body = {"content_type": "image/jpeg", "size": 600_000}
    event = _api_event("POST", "/v1/uploads", "/v1/uploads") | {"body": json.dumps(body)}
    event["headers"]["idempotency-key"] = "0d9c1c1e-5b0e-4b55-8a39-6f1f4e7a2c11"
    return event


def get_event() -> dict[str, Any]:
    """Return API Gateway's event of a phone that reads the status of an upload."""
    upload_id = "2b0fd8b6-6d0c-4c1e-9d5b-1f7b0c7a9e11"
    event = _api_event("GET", f"/v1/uploads/{upload_id}", "/v1/uploads/{upload_id}")
    return event | {"pathParameters": {"upload_id": upload_id}}


def _api_event(method: str, path: str, route: str) -> dict[str, Any]:
    """In payload format 2.0, as the JWT authorizer lets it pass."""
    return {
        "version": "2.0",
        "routeKey": f"{method} {route}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "authorizer": {"jwt": {"claims": {"sub": "user-7f3a9c"}, "scopes": None}},
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "phone",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": f"{method} {route}",
            "stage": "$default",
            "time": "20/Nov/2026:09:41:07 +0000",
            "timeEpoch": 1_795_167_667_000,
        },
        "isBase64Encoded": False,
    }


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
        "PYTHONPATH": os.pathsep.join(str(layer / "python") for layer in build.layers),
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
