"""The tasks of an S3 Batch Operations job: a backfill of millions of objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html has both
invocation schemas: 1.0 names the bucket by its ARN, 2.0 by its name. docs/backfill.md says how to
create the job.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from liveness.errors import ForeignBucketError, LivenessError, NoVerdictError, UnknownEventError
from liveness.models import Outcome, UploadResult
from liveness.trace import UploadTrace
from observability import ProcessedUpload
from uploads import EventProcessor


def process(event: Mapping[str, Any], processor: EventProcessor) -> dict[str, Any]:
    """Process each task, and answer with its result.

    A `TemporaryFailure` is tried again by S3, a `PermanentFailure` is in the job's report.
    """
    results = []
    for task in event["tasks"]:
        processed = _process(task, processor)
        processor.observer.report([processed])
        code, text = _result(processed.result)
        results.append({"taskId": task["taskId"], "resultCode": code, "resultString": text})
    return {
        "invocationSchemaVersion": event["invocationSchemaVersion"],
        "treatMissingKeysAs": "PermanentFailure",
        "invocationId": event["invocationId"],
        "results": results,
    }


def _process(task: Mapping[str, Any], processor: EventProcessor) -> ProcessedUpload:
    try:
        match task:
            case {"s3Bucket": str(bucket), "s3Key": str(key)}:
                pass
            case {"s3BucketArn": str(arn), "s3Key": str(key)}:
                bucket = arn.rpartition(":::")[2]
            case _:
                raise UnknownEventError("the task is not one of S3 Batch Operations")
        key = unquote_plus(key)
        application = processor.application
        if not application.sources.accepts(bucket, key):
            raise ForeignBucketError("the task names another bucket, or another prefix")
        upload = application.processor.images.find(bucket, key, task.get("s3VersionId"))
    except LivenessError as error:
        return ProcessedUpload(None, error, UploadTrace(), is_backfill=True)
    (processed,) = processor.process_upload(upload)
    return replace(processed, is_backfill=True)


def _result(result: UploadResult | LivenessError) -> tuple[str, str]:
    match result:
        case UploadResult(verdict) if verdict.outcome is Outcome.FAILED:
            return "PermanentFailure", f"failed: {verdict.reason}"
        case UploadResult(verdict):
            reason = f": {verdict.reason}" if verdict.reason else ""
            return "Succeeded", f"{verdict.outcome.value}{reason}"
        case NoVerdictError() as error:
            return "TemporaryFailure", error.reason
        case error:
            return "PermanentFailure", error.reason
