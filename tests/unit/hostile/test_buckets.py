"""An event about a bucket that is not ours is refused before anything of it is looked at."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pytest

from liveness.errors import NotOurs
from tests.unit.hostile.buckets import OTHERS, OURS
from tests.unit.hostile.messages import notification

FUNCTION = Path(__file__).parents[3] / "functions" / "check_liveness"
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "ACCURATE_SCORE_THRESHOLD": "40",
        "ASPECT_TOLERANCE": "0.05",
        # With a key, nobody looks for one on the network.
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "example",
        "ERASE_AFTER_VERDICT": "never",
        "FACE_MODEL_VERSION": "3.0",
        "INLINE_FALLBACK": "on",
        "POWERTOOLS_LOGGER_SAMPLE_RATE": "0",
        "POWERTOOLS_METRICS_NAMESPACE": "SelfieLiveness",
        "POWERTOOLS_SERVICE_NAME": "check_liveness",
        "RETRY_FIRST_DELAY_SECONDS": "30",
        "RETRY_LONGEST_DELAY_SECONDS": "900",
        "RETRY_QUEUE_URL": "https://sqs.example/retry",
        "RETRY_TRIES": "9",
        "SCORE_THRESHOLD": "87",
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
    """What Lambda tells the handler of itself."""

    function_name: str = "check-liveness"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:check-liveness"
    aws_request_id: str = "r-1"

    def get_remaining_time_in_millis(self) -> int:
        return 45_000


class Untouched:
    """Stands where the use case and the queue are: whoever calls it is seen."""

    def __getattr__(self, name: str) -> Any:
        pytest.fail(f"{name} was called")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The function's module with its own environment, and nothing behind it."""
    monkeypatch.syspath_prepend(FUNCTION)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    module = importlib.import_module("app")
    untouched = replace(module.application, liveness=Untouched(), retry_queue=Untouched())
    monkeypatch.setattr(module, "application", untouched)
    return module


@pytest.mark.parametrize("bucket", OTHERS.values(), ids=OTHERS)
def test_an_event_that_names_another_bucket_is_refused_and_calls_nothing(
    app: ModuleType, bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    event = notification()
    event["Records"][0]["s3"]["bucket"]["name"] = bucket

    with pytest.raises(ExceptionGroup) as refused:
        app.handler(event, Context())

    (reason,) = refused.value.exceptions
    assert isinstance(reason, NotOurs)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "NotOurs" in [line.get("reason") for line in lines]
