"""The template with its references resolved for one stack, which the emulator does not show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cfnlint.decode.cfn_yaml import load

from local.emulator import REGION
from local.sam_cli import PROJECT, STACK_NAME

ACCOUNT = "000000000000"
PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::NoValue": None,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": STACK_NAME,
}
_VARIABLE = re.compile(r"\$\{([\w:.]+)\}")

# The properties that metrics and !Ref identify a resource by.
_NAMES = ("FunctionName", "QueueName", "LogGroupName", "AlarmName")


@dataclass(frozen=True, slots=True)
class ResolvedTemplate:
    """template.yaml with the given parameters, and the defaults of the others."""

    body: Mapping[str, Any]
    parameters: Mapping[str, str]

    @classmethod
    def load(cls, **parameters: str) -> ResolvedTemplate:
        """Read template.yaml."""
        return cls(load(str(PROJECT / "template.yaml")), parameters)

    def resources(self, kind: str) -> Mapping[str, Any]:
        """The resolved properties of the resources of one type, by their logical ids."""
        return {
            name: self.resolve(resource["Properties"])
            for name, resource in self.body["Resources"].items()
            if resource["Type"] == kind
        }

    def resolve(self, value: Any) -> Any:
        """Replace Ref, GetAtt and Sub in a value; conditions (Fn::If) stay as they are."""
        match value:
            case {"Ref": str(name)}:
                return self._referenced(name)
            case {"Fn::GetAtt": [str(name), *_]}:
                return self._referenced(name)
            case {"Fn::Sub": str(text)}:
                return _VARIABLE.sub(
                    lambda found: str(self._referenced(found[1].partition(".")[0])), text
                )
            case dict():
                return {name: self.resolve(each) for name, each in value.items()}
            case list():
                return [self.resolve(each) for each in value]
        return value

    def _referenced(self, name: str) -> Any:
        if name in PSEUDO_PARAMETERS:
            return PSEUDO_PARAMETERS[name]
        if name in self.body["Parameters"]:
            return self.parameters.get(name, self.body["Parameters"][name]["Default"])
        properties = self.body["Resources"][name].get("Properties", {})
        return next((self.resolve(properties[each]) for each in _NAMES if each in properties), name)
