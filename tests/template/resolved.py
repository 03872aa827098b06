"""The transformed template with its conditions decided and its parameters filled in.

Linters of security cannot read `Fn::If`. Two sets of parameters show both of its sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tests.template.transformed import Template

DEFAULTS: Mapping[str, str] = MappingProxyType({})
PROTECTED: Mapping[str, str] = MappingProxyType(
    {
        "AccessLogBucket": "access-logs",
        "AlarmEmail": "somebody@example.com",
        "EraseAfterVerdict": "always",
        "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/made-up",
        "ReservedConcurrency": "100",
        "TableDeletionProtection": "on",
    }
)
"""Everything switched on that protects."""

_NO_VALUE = object()


def resolved(template: Template, parameters: Mapping[str, str] = DEFAULTS) -> Template:
    """Decide every condition for these parameters; the others keep their defaults."""
    values = {
        name: parameters.get(name, declared.get("Default"))
        for name, declared in template.body["Parameters"].items()
    }
    unknown = set(parameters) - set(values)
    if unknown:
        raise KeyError(f"no parameters of the template: {', '.join(sorted(unknown))}")
    resolver = _Resolver(values, template.body.get("Conditions", {}))
    resources = {
        name: resolver.value({key: of for key, of in resource.items() if key != "Condition"})
        for name, resource in template.body["Resources"].items()
        if "Condition" not in resource or resolver.holds({"Condition": resource["Condition"]})
    }
    return Template(
        {
            "AWSTemplateFormatVersion": template.body["AWSTemplateFormatVersion"],
            "Resources": resources,
        }
    )


@dataclass(frozen=True, slots=True)
class _Resolver:
    parameters: Mapping[str, Any]
    conditions: Mapping[str, Any]

    def value(self, raw: Any) -> Any:
        """Conditions decided and parameters filled in; other functions are left as they are."""
        match raw:
            case {"Fn::If": [name, then, otherwise]}:
                return self.value(then if self.holds({"Condition": name}) else otherwise)
            case {"Ref": "AWS::NoValue"}:
                return _NO_VALUE
            case {"Ref": str(name)} if name in self.parameters:
                return self.parameters[name]
            case dict():
                inner = {name: self.value(of) for name, of in raw.items()}
                return {name: of for name, of in inner.items() if of is not _NO_VALUE}
            case list():
                return [of for of in map(self.value, raw) if of is not _NO_VALUE]
        return raw

    def holds(self, condition: Any) -> bool:
        """Whether a condition is true. Raises ValueError for a function that it does not know."""
        match condition:
            case {"Condition": str(name)}:
                return self.holds(self.conditions[name])
            case {"Fn::Equals": [left, right]}:
                return str(self.value(left)) == str(self.value(right))
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::And": [*inner]}:
                return all(map(self.holds, inner))
            case {"Fn::Or": [*inner]}:
                return any(map(self.holds, inner))
        raise ValueError(f"a condition of another form: {condition}")
