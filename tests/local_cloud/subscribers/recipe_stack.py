"""A recipe of docs/subscribers.md on the local cloud: its files, and its command as it is shown."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from local.cloud import LocalCloud
from local.setup import TOOLS
from tests.recipes import SUBSCRIBERS, recipe_command, recipe_file

NAMED_ACCOUNT = "111122223333"
"""What SubscriberAccountIds names on the cloud of these tests."""

ARRIVES_WITHIN_SECONDS = 60.0


def deploy_recipe(
    cloud: LocalCloud,
    folder: Path,
    heading: str,
    template: str,
    *,
    app: str = "",
    account: str = "",
    **variables: str,
) -> Mapping[str, str]:
    """Deploy a section's template, and `app` beside it, and return the stack's outputs.

    `account` deploys it, ours unless it is given. `variables` are what the command names.
    """
    (folder / template).write_text(recipe_file(SUBSCRIBERS, heading, template))
    if app:
        (folder / "app.py").write_text(app)
    command = recipe_command(SUBSCRIBERS, heading)
    credentials = {"AWS_ACCESS_KEY_ID": account} if account else {}
    deployed = subprocess.run(
        ["/bin/bash", "-euc", command],
        cwd=folder,
        env={
            **cloud.emulator.environment,
            **credentials,
            "PATH": os.pathsep.join([f"{TOOLS}/bin", os.environ["PATH"]]),
            "HOME": str(folder),
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
            "TOPIC": cloud.outputs["VerdictsTopicArn"],
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    (name,) = re.findall(r"--stack-name (\S+)", command)
    cloudformation = client_of(cloud, "cloudformation", account)
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def client_of(cloud: LocalCloud, service: str, account: str = "") -> Any:
    """A client of an account's root user; of ours unless another is given."""
    ours = cloud.client(service)
    if not account:
        return ours
    session: Any = boto3.Session(account, "test", region_name=ours.meta.region_name)
    ca_bundle = str(cloud.emulator.ca_bundle)
    return session.client(service, endpoint_url=cloud.emulator.url, verify=ca_bundle)


def invoke(cloud: LocalCloud, function: str, verdict: Mapping[str, Any]) -> Any:
    """What a function answers to one delivery of SNS. Fails the test where it raises."""
    event = {"Records": [{"Sns": {"Message": json.dumps(verdict)}}]}
    response = cloud.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    answer = json.loads(response["Payload"].read())
    assert "FunctionError" not in response, answer
    return answer
