"""The stack that a command works on, found where the environment's AWS variables point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operations.errors import StackNotFoundError


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack's outputs and parameters, and the session in which AWS is called."""

    session: boto3.Session
    name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, session: boto3.Session, name: str) -> Stack:
        """Read outputs and parameters from CloudFormation. Raises StackNotFoundError."""
        try:
            stacks = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except (ClientError, BotoCoreError) as error:
            raise StackNotFoundError(
                f"The stack {name!r} cannot be read ({error}). Is it deployed (`make deploy`), and "
                "do AWS_PROFILE or AWS_ENDPOINT_URL point at its account?"
            ) from error
        outputs, parameters = stacks[0].get("Outputs", []), stacks[0].get("Parameters", [])
        return cls(
            session,
            name,
            {each["OutputKey"]: each["OutputValue"] for each in outputs},
            {each["ParameterKey"]: each["ParameterValue"] for each in parameters},
        )

    def output(self, name: str) -> str:
        """One output. Raises StackNotFoundError where the stack does not have it."""
        if name not in self.outputs:
            raise StackNotFoundError(
                f"The stack has no output {name}: it is older than this command; run `make deploy`."
            )
        return self.outputs[name]
