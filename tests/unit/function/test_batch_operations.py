"""Tasks of S3 Batch Operations: each has a result, and none is part of the live traffic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from batch_operations import process
from bootstrap import Application
from liveness.errors import AwsServiceError, LivenessError
from liveness.models import Detection
from liveness.sources import Sources
from tests.unit.function.captured_log import CapturedLog
from tests.unit.image_heads import png
from tests.unit.sample_events import EVENTS
from tests.unit.use_case import DEADLINE, LIVE, SPOOF, UNKNOWN_MODEL, UNREACHABLE, UseCase
from uploads import EventProcessor

SAMPLES: Mapping[str, Any] = {
    file.stem: json.loads(file.read_text()) for file in (EVENTS / "s3-batch-operations").iterdir()
}
KEY = "selfies/2023/Zoë 1.jpg"


OURS = Sources(None, ("archive",), ("selfies/",))


def run(
    event: Mapping[str, Any],
    *results: Detection | LivenessError,
    sources: Sources = OURS,
    content: bytes | None = None,
) -> tuple[Mapping[str, Any], UseCase]:
    use_case = UseCase(*results)
    image = content or png()
    use_case.images.by_version = {"v1": image, f"current-{KEY}": image}
    retry_queue: Any = None  # no task reaches it
    application = Application(sources, use_case.processor, retry_queue)
    with CapturedLog() as observer:
        response = process(event, EventProcessor(application, observer, DEADLINE))
    return response, use_case


def result(response: Mapping[str, Any]) -> tuple[str, str]:
    (only,) = response["results"]
    assert only["taskId"] == SAMPLES["invocation-1.0"]["tasks"][0]["taskId"]
    return only["resultCode"], only["resultString"]


def test_the_answer_has_the_shape_that_s3_documents() -> None:
    response, _ = run(SAMPLES["invocation-1.0"], LIVE)

    assert response == SAMPLES["result"]


@pytest.mark.parametrize(
    ("sample", "version"), [("invocation-1.0", "v1"), ("invocation-2.0", f"current-{KEY}")]
)
def test_both_schemas_name_one_version_of_the_decoded_key(sample: str, version: str) -> None:
    response, use_case = run(SAMPLES[sample], SPOOF)

    assert result(response) == ("Succeeded", "not_live")
    assert use_case.published["object"] == f"s3://archive/{KEY}"
    assert use_case.published["version"] == version


def test_a_retake_is_a_verdict_with_its_reason() -> None:
    response, _ = run(SAMPLES["invocation-1.0"], content=b"GIF89a")

    code, text = result(response)
    assert code == "Succeeded"
    assert text.startswith("retake: ")


@pytest.mark.parametrize("error", [UNREACHABLE, AwsServiceError("dynamodb", "InternalServerError")])
def test_a_task_without_a_verdict_is_tried_again_by_s3(error: LivenessError) -> None:
    response, use_case = run(SAMPLES["invocation-1.0"], error)

    assert result(response) == ("TemporaryFailure", error.reason)
    assert use_case.publisher.published == []


def test_an_upload_that_failed_is_in_the_report_of_the_job() -> None:
    response, _ = run(SAMPLES["invocation-1.0"], UNKNOWN_MODEL)

    assert result(response) == ("PermanentFailure", "failed: unknown_model")


@pytest.mark.parametrize(
    "sources", [Sources("own"), Sources(None, ("archive",), ("faces/",))], ids=["bucket", "prefix"]
)
def test_a_foreign_bucket_or_prefix_is_refused(sources: Sources) -> None:
    response, use_case = run(SAMPLES["invocation-1.0"], LIVE, sources=sources)

    assert result(response) == ("PermanentFailure", "foreign_bucket")
    assert use_case.detector.sent == []


def test_a_version_that_does_not_exist_is_refused() -> None:
    (task,) = SAMPLES["invocation-1.0"]["tasks"]
    event = {**SAMPLES["invocation-1.0"], "tasks": [{**task, "s3VersionId": "gone"}]}

    response, _ = run(event, LIVE)

    assert result(response) == ("PermanentFailure", "object_not_found")
