"""Who may do what with which resource, as a table for ``python -m tests.security_page``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.template.transformed import Template, transformed

HEADINGS = ("principal", "actions", "resource", "policy", "condition")

# The property that names the resource of each type of resource policy.
_RESOURCE_POLICIES = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}


@dataclass(frozen=True, slots=True)
class Permission:
    """One row: a statement of a policy."""

    principal: str
    actions: str
    resource: str
    policy: str
    condition: str

    def row(self) -> str:
        """The row in Markdown."""
        cells = (self.principal, self.actions, self.resource, self.policy, self.condition)
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def permissions(template: Template | None = None) -> str:
    """The table in Markdown: the roles' policies, then those of the resources themselves."""
    template = template or transformed()
    rows = [*_of_roles(template), *_of_resources(template), *_of_functions(template)]
    ruler = "|---" * len(HEADINGS) + "|\n"
    return f"| {' | '.join(HEADINGS)} |\n{ruler}{''.join(each.row() for each in rows)}"


def _of_roles(template: Template) -> Iterator[Permission]:
    functions = {
        function["Role"]["Fn::GetAtt"][0]: f"`{name}`"
        for name, function in template.resources("AWS::Lambda::Function")
    }
    for name, role in template.resources("AWS::IAM::Role"):
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            yield _permission(statement, _principal(statement), f"`{name}`", "trust policy")
        for policy in role["Policies"]:
            condition, inner = unconditional(policy)
            for statement in inner["PolicyDocument"]["Statement"]:
                policy_name = f"`{inner['PolicyName']}`"
                yield _permission(statement, functions[name], "", policy_name, condition)


def _of_resources(template: Template) -> Iterator[Permission]:
    for name, resource in template.body["Resources"].items():
        if resource["Type"] in _RESOURCE_POLICIES:
            for each in resource["Properties"]["PolicyDocument"]["Statement"]:
                condition, statement = unconditional(each)
                yield _permission(
                    statement,
                    _principal(statement),
                    "",
                    f"`{name}.{statement['Sid']}`",
                    condition or resource.get("Condition", ""),
                )


def _of_functions(template: Template) -> Iterator[Permission]:
    for name, permission in template.resources("AWS::Lambda::Permission"):
        sources = ("SourceArn", "SourceAccount")
        where = "; ".join(
            f"{each} {_name(permission[each])}" for each in sources if each in permission
        )
        yield Permission(
            f"`{permission['Principal']}`",
            f"`{permission['Action']}`",
            _name(permission["FunctionName"]),
            f"`{name}`",
            where,
        )


def _permission(
    statement: Mapping[str, Any], principal: str, resource: str, policy: str, condition: str = ""
) -> Permission:
    actions = ", ".join(f"`{action}`" for action in as_list(statement["Action"]))
    if statement["Effect"] == "Deny":
        actions = f"**not** {actions}"
    resource = resource or ", ".join(_name(each) for each in as_list(statement["Resource"]))
    conditions = [f"condition `{condition}` of the template"] if condition else []
    for operator, keys in statement.get("Condition", {}).items():
        for key, value in keys.items():
            values = ", ".join(_name(each) for each in as_list(value))
            conditions.append(f"`{key}` {operator}: {values}")
    return Permission(principal, actions, resource, policy, "; ".join(conditions))


def unconditional(part: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The condition of a policy or statement, or nothing, and what it is where that is true."""
    if "Fn::If" in part:
        condition, then, _otherwise = part["Fn::If"]
        return condition, then
    return "", part


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _principal(statement: Mapping[str, Any]) -> str:
    principal = statement["Principal"]
    if principal == "*":
        return "anybody"
    return ", ".join(_name(each) for kind in principal.values() for each in as_list(kind))


def _name(value: Any) -> str:
    """A resource by its name in the template."""
    match value:
        case None:
            return ""
        case {"Fn::GetAtt": [str(name), "Arn" | "Id"]} | {"Ref": str(name)}:
            return f"`{name}`"
        case {"Fn::Split": [",", {"Fn::GetAtt": [str(name), "Value"]}]}:
            return f"each of `{name}`"
        case {"Fn::If": [_, then, otherwise]}:
            return f"{_name(then)} or {_name(otherwise)}"
        case {"Fn::Sub": str(text)}:
            return f"`{text.replace('${AWS::Partition}', 'aws').replace('AWS::', '')}`"
    return f"`{value}`"
