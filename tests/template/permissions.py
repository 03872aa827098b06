"""Who may do what with which resource, as a table: ``python -m tests.security_page`` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.template.transformed import Template, transformed

HEADINGS = ("who", "may", "on", "for", "where")

# The resource that each kind of policy beside a resource speaks of.
_POLICIES = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}


@dataclass(frozen=True, slots=True)
class Permission:
    """One row: a statement of a policy."""

    who: str
    may: str
    on: str
    purpose: str
    where: str

    def row(self) -> str:
        """The row in Markdown."""
        cells = (self.who, self.may, self.on, self.purpose, self.where)
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def permissions(template: Template | None = None) -> str:
    """The table in Markdown: what roles may, then what the resources themselves let others do."""
    template = template or transformed()
    rows = [*_of_roles(template), *_of_resources(template), *_of_the_function(template)]
    ruler = "|---" * len(HEADINGS) + "|\n"
    return f"| {' | '.join(HEADINGS)} |\n{ruler}{''.join(each.row() for each in rows)}"


def _of_roles(template: Template) -> Iterator[Permission]:
    for name, role in template.resources("AWS::IAM::Role"):
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            yield _permission(statement, _principal(statement), f"role `{name}`", "be the function")
        for policy in role["Policies"]:
            condition, held = _unconditional(policy)
            for statement in held["PolicyDocument"]["Statement"]:
                purpose = held["PolicyName"].replace("-", " ")
                yield _permission(statement, "the function", "", purpose, condition)


def _of_resources(template: Template) -> Iterator[Permission]:
    for name, resource in template.body["Resources"].items():
        if resource["Type"] in _POLICIES:
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                purpose = _words(statement.get("Sid", name))
                yield _permission(
                    statement, _principal(statement), "", purpose, resource.get("Condition", "")
                )


def _of_the_function(template: Template) -> Iterator[Permission]:
    for name, permission in template.resources("AWS::Lambda::Permission"):
        sources = ("SourceArn", "SourceAccount")
        where = "; ".join(
            f"{each} {_named(permission[each])}" for each in sources if each in permission
        )
        yield Permission(
            f"`{permission['Principal']}`",
            f"`{permission['Action']}`",
            _named(permission["FunctionName"]),
            _words(name),
            where,
        )


def _permission(
    statement: Mapping[str, Any], who: str, on: str, purpose: str, condition: str = ""
) -> Permission:
    actions = ", ".join(f"`{action}`" for action in _listed(statement["Action"]))
    may = f"**not** {actions}" if statement["Effect"] == "Deny" else actions
    on = on or ", ".join(_named(each) for each in _listed(statement["Resource"]))
    where = [f"condition `{condition}` of the template"] if condition else []
    for test, compared in statement.get("Condition", {}).items():
        for key, value in compared.items():
            values = ", ".join(_named(each) for each in _listed(value))
            where.append(f"`{key}` {test}: {values}")
    return Permission(who, may, on, purpose, "; ".join(where))


def _unconditional(policy: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if "Fn::If" in policy:
        condition, held, _otherwise = policy["Fn::If"]
        return condition, held
    return "", policy


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _principal(statement: Mapping[str, Any]) -> str:
    principal = statement["Principal"]
    if principal == "*":
        return "anybody"
    return ", ".join(_named(each) for of in principal.values() for each in _listed(of))


def _named(value: Any) -> str:
    """A resource as the template names it."""
    match value:
        case None:
            return ""
        case {"Fn::GetAtt": [str(name), "Arn" | "Id"]} | {"Ref": str(name)}:
            return f"`{name}`"
        case {"Fn::If": [_, then, otherwise]}:
            return f"{_named(then)} or {_named(otherwise)}"
        case {"Fn::Sub": str(text)}:
            return f"`{text.replace('${AWS::Partition}', 'aws').replace('AWS::', '')}`"
    return f"`{value}`"


def _words(name: str) -> str:
    """`ThisAccountSubscribes` as `this account subscribes`."""
    return "".join(f" {each.lower()}" if each.isupper() else each for each in name).strip()
