"""Applies the SAM transform as CloudFormation does."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from cfnlint.decode.cfn_yaml import load
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

PROJECT = Path(__file__).resolve().parent.parent.parent
_LOCAL_CODE = ("CodeUri", "ContentUri")


@dataclass(frozen=True, slots=True)
class Template:
    """A plain CloudFormation template."""

    body: Mapping[str, Any]

    def resources(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Names and properties of the resources of one type."""
        for name, resource in self.body["Resources"].items():
            if resource["Type"] == kind:
                yield name, resource.get("Properties", {})

    def policies(self, role: str) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
        """Names and statements of a role's policies, conditional ones included."""
        for policy in dict(self.resources("AWS::IAM::Role"))[role]["Policies"]:
            inner = policy["Fn::If"][1] if "Fn::If" in policy else policy
            yield inner["PolicyName"], inner["PolicyDocument"]["Statement"]

    def statements(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The statements of every role's policies, each with its policy's name."""
        for role, _ in self.resources("AWS::IAM::Role"):
            for name, statements in self.policies(role):
                yield from ((name, statement) for statement in statements)


def source() -> dict[str, Any]:
    """template.yaml as written."""
    body: dict[str, Any] = copy.deepcopy(load(str(PROJECT / "template.yaml")))
    return body


def transformed(body: dict[str, Any] | None = None) -> Template:
    """Transform a template, ours unless another is given."""
    body = source() if body is None else body
    for resource in body["Resources"].values():
        for code in _LOCAL_CODE:
            if code in resource.get("Properties", {}):
                # The transform accepts uploaded code only; `sam package` uploads it.
                resource["Properties"][code] = {"Bucket": "artifacts", "Key": "code"}
    # The template uses no managed policies, so the transform has none to look up in IAM.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    return Template(translator.translate(body, parameter_values={}))
