"""The template with its references resolved for one stack, which the emulator does not show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cfnlint.decode.cfn_yaml import load

from local.emulator import REGION
from local.sam_cli import PROJECT, STACK_NAME
from tests.template.resolved import true_conditions
from tests.template.transformed import Template

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
    conditions: frozenset[str]
    """Those that are true."""

    @classmethod
    def load(cls, **parameters: str) -> ResolvedTemplate:
        """Read template.yaml."""
        body = load(str(PROJECT / "template.yaml"))
        return cls(body, parameters, frozenset(true_conditions(Template(body), parameters)))

    def resources(self, kind: str) -> Mapping[str, Any]:
        """The resolved properties of the resources of one type that exist, by logical id."""
        return {
            name: self.resolve(resource["Properties"])
            for name, resource in self.body["Resources"].items()
            if resource["Type"] == kind and resource.get("Condition") in {None, *self.conditions}
        }

    def resolve(self, value: Any) -> Any:
        """Replace Ref, GetAtt, Sub and If in a value."""
        match value:
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
                return self._referenced(name)
            case {"Fn::If": [str(name), then, otherwise]}:
                return self.resolve(then if name in self.conditions else otherwise)
            case {"Fn::Sub": given}:
                text, variables = (given, {}) if isinstance(given, str) else given
                return self._substitute(text, self.resolve(variables))
            case dict():
                return {name: self.resolve(each) for name, each in value.items()}
            case list():
                return [self.resolve(each) for each in value]
        return value

    def _substitute(self, text: str, variables: Mapping[str, str]) -> str:
        def replacement(found: re.Match[str]) -> str:
            name = found[1].partition(".")[0]
            return variables[name] if name in variables else str(self._referenced(name))

        return _VARIABLE.sub(replacement, text)

    def _referenced(self, name: str) -> Any:
        if name in PSEUDO_PARAMETERS:
            return PSEUDO_PARAMETERS[name]
        if name in self.body["Parameters"]:
            return self.parameters.get(name, self.body["Parameters"][name]["Default"])
        properties = self.body["Resources"][name].get("Properties", {})
        return next((self.resolve(properties[each]) for each in _NAMES if each in properties), name)
