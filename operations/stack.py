"""The stack that the commands work on, wherever AWS's environment variables point."""

from __future__ import annotations

from collections.abc import Mapping

import boto3
from botocore.exceptions import BotoCoreError, ClientError

DEFAULT_NAME = "selfie-liveness"


class StackNotFound(Exception):
    """What happened and what to do, in one line."""


def outputs(name: str) -> Mapping[str, str]:
    """The stack's outputs by name. Raises StackNotFound."""
    try:
        stacks = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (ClientError, BotoCoreError) as cause:
        raise StackNotFound(
            f"The stack {name!r} cannot be read ({cause}). Is it deployed (`make deploy`), and do "
            "AWS_PROFILE or AWS_ENDPOINT_URL point at its account?"
        ) from cause
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}
