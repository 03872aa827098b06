"""docs/backfill.md: what it shows for S3 Batch Operations is what AWS's models accept."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import boto3
from botocore import xform_name
from botocore.validate import ParamValidator

PAGE = (Path(__file__).parents[2] / "docs" / "backfill.md").read_text()
# What the CLI adds by itself.
TOKEN = {"ClientRequestToken": "made-up"}


def create_job() -> dict[str, Any]:
    """The request that the page's command sends."""
    command = PAGE[PAGE.index("aws s3control create-job") :].partition("```")[0]
    words = shlex.split(command.replace("\\\n", ""))
    assert words[:3] == ["aws", "s3control", "create-job"]
    request: dict[str, Any] = {"ConfirmationRequired": "--no-confirmation-required" not in words}
    for name, value in zip(words[3:], [*words[4:], "--"], strict=True):
        if name.startswith("--") and not value.startswith("--") and name != "--region":
            member = "".join(part.capitalize() for part in name.removeprefix("--").split("-"))
            request[member] = json.loads(value) if value[0] in "{0123456789" else value
    request["AccountId"] = str(request["AccountId"])
    return request


def test_the_job_is_a_request_that_s3_control_accepts() -> None:
    client = boto3.client(
        "s3control", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    operation = client.meta.method_to_api_mapping[xform_name("CreateJob")]
    shape = client.meta.service_model.operation_model(operation).input_shape
    assert shape is not None

    report = ParamValidator().validate(create_job() | TOKEN, shape)

    assert report.generate_report() == ""


def test_the_jobs_role_may_read_the_manifest_write_the_report_and_invoke_the_function() -> None:
    job = create_job()
    policies = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    (policy,) = [each for each in policies if "lambda:InvokeFunction" in json.dumps(each)]

    resources = {
        action: statement["Resource"]
        for statement in policy["Statement"]
        for action in [statement["Action"]]
        if isinstance(action, str)
    }
    assert resources == {
        "s3:PutObject": f"{job['Report']['Bucket']}/{job['Report']['Prefix']}/*",
        "lambda:InvokeFunction": job["Operation"]["LambdaInvoke"]["FunctionArn"],
    }
    (read,) = [each for each in policy["Statement"] if isinstance(each["Action"], list)]
    assert read["Resource"] == job["Manifest"]["Location"]["ObjectArn"]
