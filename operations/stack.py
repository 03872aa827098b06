"""The stack that a command works on, found where the environment's AWS variables point."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.errors import UserError


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack: its outputs, CloudFormation's description, and the session to call AWS."""

    session: boto3.Session
    name: str
    outputs: Mapping[str, str]
    description: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, session: boto3.Session, name: str) -> Self:
        """Read the description from CloudFormation. Raises UserError."""
        try:
            stacks = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except (ClientError, BotoCoreError) as error:
            raise UserError(
                f"The stack {name!r} cannot be read ({error}). Is it deployed (`make deploy`), and "
                "do AWS_PROFILE or AWS_ENDPOINT_URL point at its account?"
            ) from error
        outputs = stacks[0].get("Outputs", [])
        by_name = {each["OutputKey"]: each["OutputValue"] for each in outputs}
        return cls(session, name, by_name, {**stacks[0]})

    def parameter(self, name: str) -> str:
        """One parameter; empty where the stack does not have it."""
        parameters = self.description.get("Parameters", [])
        values = (each["ParameterValue"] for each in parameters if each["ParameterKey"] == name)
        return str(next(values, ""))

    def output(self, name: str) -> str:
        """One output. Raises UserError where the stack does not have it."""
        if name not in self.outputs:
            raise UserError(
                f"The stack has no output {name}: it is older than this command; run `make deploy`."
            )
        return self.outputs[name]
