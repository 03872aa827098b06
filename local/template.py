"""The template with one stack's names filled in, for what the engine was not given of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cfnlint.decode.cfn_yaml import load

from local.engine import REGION
from local.stack import PROJECT, STACK_NAME

ACCOUNT = "000000000000"
_VARIABLE = re.compile(r"\$\{([\w:.]+)\}")

# What a resource is called by, in metrics and in !Ref.
_NAMES = ("FunctionName", "QueueName", "LogGroupName", "AlarmName")


@dataclass(frozen=True, slots=True)
class FilledTemplate:
    """template.yaml with its parameters' defaults, but for those that are given."""

    body: Mapping[str, Any]
    parameters: Mapping[str, str]

    @classmethod
    def read(cls, **parameters: str) -> FilledTemplate:
        """Read template.yaml."""
        return cls(load(str(PROJECT / "template.yaml")), parameters)

    def resources(self, kind: str) -> Mapping[str, Any]:
        """The filled-in properties of the resources of one type, by their names."""
        return {
            name: self.filled(resource["Properties"])
            for name, resource in self.body["Resources"].items()
            if resource["Type"] == kind
        }

    def filled(self, raw: Any) -> Any:
        """A value with its references filled in; what it chooses by conditions stays as it is."""
        match raw:
            case {"Ref": str(name)}:
                return self._named(name)
            case {"Fn::GetAtt": [str(name), *_]}:
                return self._named(name)
            case {"Fn::Sub": str(text)}:
                return _VARIABLE.sub(
                    lambda found: str(self._named(found[1].partition(".")[0])), text
                )
            case dict():
                return {name: self.filled(of) for name, of in raw.items()}
            case list():
                return [self.filled(of) for of in raw]
        return raw

    def _named(self, name: str) -> Any:
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": None,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackName": STACK_NAME,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.body["Parameters"]:
            return self.parameters.get(name, self.body["Parameters"][name]["Default"])
        properties = self.body["Resources"][name].get("Properties", {})
        return next((self.filled(properties[each]) for each in _NAMES if each in properties), name)
