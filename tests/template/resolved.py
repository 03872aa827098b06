"""The transformed template with its conditions and parameters resolved.

Security linters cannot read `Fn::If`. Two sets of parameters cover both of its branches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tests.template.transformed import Template

DEFAULTS: Mapping[str, str] = MappingProxyType({})
UPLOAD_API: Mapping[str, str] = MappingProxyType(
    {"UploadApi": "on", "JwtIssuer": "https://issuer.example", "JwtAudience": "app"}
)
"""The upload API with what it needs, for apps on phones only."""
PROTECTED: Mapping[str, str] = MappingProxyType(
    {
        **UPLOAD_API,
        "AccessLogBucket": "access-logs",
        "AlarmEmail": "somebody@example.com",
        "AllowedOrigins": "https://app.example.com",
        "CreateUploadBucket": "on",
        "EraseAfterVerdict": "always",
        "FormerKmsKeyArns": "arn:aws:kms:us-east-1:123456789012:key/former",
        "KeyPrefixes": "selfies/,faces/",
        "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/made-up",
        "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary",
        "ReadersGuard": "on",
        "ReservedConcurrency": "100",
        "SourceBuckets": "archive,imports",
        "SourceKmsKeyArns": "arn:aws:kms:us-east-1:123456789012:key/source",
        "SubscriberAccountIds": "111122223333",
        "TableDeletionProtection": "on",
        "TagUploads": "on",
    }
)
"""Every optional protection switched on, every source, and the upload API with a web page."""
SOURCES_ONLY: Mapping[str, str] = MappingProxyType({"SourceBuckets": "archive"})
"""Existing buckets in place of the stack's own one."""

_NO_VALUE = object()
_PARAMETER = re.compile(r"\$\{(\w+)\}")


def resolved(template: Template, parameters: Mapping[str, str] = DEFAULTS) -> Template:
    """Resolve every condition for these parameters; the others keep their defaults."""
    resolver = _resolver(template, parameters)
    resources = {
        name: resolver.value({key: raw for key, raw in resource.items() if key != "Condition"})
        for name, resource in template.body["Resources"].items()
        if "Condition" not in resource or resolver.is_true({"Condition": resource["Condition"]})
    }
    return Template(
        {
            "AWSTemplateFormatVersion": template.body["AWSTemplateFormatVersion"],
            "Resources": resources,
        }
    )


def true_conditions(template: Template, parameters: Mapping[str, str]) -> set[str]:
    """The conditions that are true for these parameters."""
    resolver = _resolver(template, parameters)
    return {name for name in resolver.conditions if resolver.is_true({"Condition": name})}


def broken_rules(template: Template, parameters: Mapping[str, str]) -> list[str]:
    """What CloudFormation says of these parameters before it creates anything."""
    resolver = _resolver(template, parameters)
    return [
        assertion["AssertDescription"]
        for rule in template.body["Rules"].values()
        if resolver.is_true(rule["RuleCondition"])
        for assertion in rule["Assertions"]
        if not resolver.is_true(assertion["Assert"])
    ]


def _resolver(template: Template, parameters: Mapping[str, str]) -> _Resolver:
    values = {
        name: _value(declared, parameters.get(name, declared.get("Default")))
        for name, declared in template.body["Parameters"].items()
    }
    unknown = set(parameters) - set(values)
    if unknown:
        raise KeyError(f"unknown parameters: {', '.join(sorted(unknown))}")
    return _Resolver(values, template.body.get("Conditions", {}))


def _value(declared: Mapping[str, Any], text: Any) -> Any:
    return text.split(",") if declared["Type"] == "CommaDelimitedList" else text


@dataclass(frozen=True, slots=True)
class _Resolver:
    parameters: Mapping[str, Any]
    conditions: Mapping[str, Any]

    def value(self, raw: Any) -> Any:
        """Resolve conditions and parameters; other functions are left as they are."""
        match raw:
            case {"Fn::If": [name, then, otherwise]}:
                return self.value(then if self.is_true({"Condition": name}) else otherwise)
            case {"Ref": str(name)}:
                return _NO_VALUE if name == "AWS::NoValue" else self.parameters.get(name, raw)
            case {"Fn::Select": [int(index), values]}:
                return self.value(values)[index]
            case {"Fn::Split": [str(separator), text]}:
                return self._split(raw, separator, self.value(text))
            case dict() | list():
                return self._values(raw)
        return raw

    @staticmethod
    def _split(raw: Any, separator: str, text: Any) -> Any:
        """Split text that is known here; what else the function is given stays as it is."""
        match text:
            case str(whole):
                return whole.split(separator)
            case {"Fn::Sub": str(whole)} if "${" not in whole:
                return whole.split(separator)
        return raw

    def _values(self, raw: dict[str, Any] | list[Any]) -> Any:
        """Resolve what a dict or a list contains."""
        if isinstance(raw, list):
            return [each for each in map(self.value, raw) if each is not _NO_VALUE]
        match raw:
            case {"Fn::Sub": str(text)}:
                return {"Fn::Sub": _PARAMETER.sub(self._parameter, text)}
            case {"Fn::Sub": [str(text), variables]}:
                # No variable has a parameter's name.
                substituted = _PARAMETER.sub(self._parameter, text)
                return {"Fn::Sub": [substituted, self.value(variables)]}
        values = {name: self.value(each) for name, each in raw.items()}
        return {name: each for name, each in values.items() if each is not _NO_VALUE}

    def _parameter(self, reference: re.Match[str]) -> str:
        return str(self.parameters.get(reference[1], reference[0]))

    def is_true(self, condition: Any) -> bool:
        """Whether a condition is true. Raises ValueError for a function that is not known here."""
        match condition:
            case {"Condition": str(name)}:
                return self.is_true(self.conditions[name])
            case {"Fn::Equals": [left, right]}:
                return str(self.value(left)) == str(self.value(right))
            case {"Fn::Not": [inner]}:
                return not self.is_true(inner)
            case {"Fn::And": [*inner]}:
                return all(map(self.is_true, inner))
            case {"Fn::Or": [*inner]}:
                return any(map(self.is_true, inner))
        raise ValueError(f"unknown form of a condition: {condition}")
