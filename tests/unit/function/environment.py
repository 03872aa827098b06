"""The environment and the context that Lambda gives the function."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType

import pytest

from tests.unit.hostile.buckets import OURS

NAMESPACE = "SelfieLiveness"
SERVICE = "a-stack"
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "ACCURATE_SCORE_THRESHOLD": "40",
        "ASPECT_TOLERANCE": "0.05",
        # With a key, botocore does not look for one on the network.
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "example",
        "DIGEST_KEY_ARN": "made-up-too",
        "ERASE_AFTER_VERDICT": "never",
        "FACE_MODEL_VERSION": "3.0",
        "FAILED_UPLOADS_QUEUE_URL": "https://sqs.example/failed",
        "INLINE_FALLBACK": "on",
        "KEY_PREFIXES": "",
        "POWERTOOLS_LOGGER_SAMPLE_RATE": "0",
        "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
        "POWERTOOLS_SERVICE_NAME": SERVICE,
        "RETRY_FIRST_DELAY_SECONDS": "30",
        "RETRY_LONGEST_DELAY_SECONDS": "900",
        "RETRY_MAX_ATTEMPTS": "9",
        "RETRY_QUEUE_URL": "https://sqs.example/retry",
        "REUSE_POLICY": "report",
        "SCORE_THRESHOLD": "87",
        "SOURCE_BUCKETS": "",
        "TAG_UPLOADS": "off",
        "UPLOADS_TABLE": "",
        "TENCENT_ACTION": "DetectLiveFace",
        "TENCENT_ENDPOINT": "https://iai.example",
        "TENCENT_LANGUAGE": "en-US",
        "TENCENT_REGION": "ap-guangzhou",
        "TENCENT_SECRET_ARN": "made-up",
        "UPLOAD_BUCKET": OURS,
        "VERDICTS_TABLE": "verdicts",
        "VERDICTS_TOPIC_ARN": "made-up",
        "VERDICT_RETENTION_DAYS": "90",
    }
)


@dataclass(frozen=True)
class Context:
    """Lambda's context object; `remaining` is in seconds."""

    remaining: int = 90
    function_name: str = "check-liveness"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:check-liveness"
    aws_request_id: str = "r-1"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining * 1000


def import_app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import the handler's module as in a deployed function."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return importlib.import_module("app")
