"""Who may subscribe to the verdicts: this account, and others where the parameter names them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.template.permissions import unconditional
from tests.template.resolved import resolved
from tests.template.transformed import Template, source

ACCOUNT = "111122223333"


def topic_statements(template: Template) -> list[Mapping[str, Any]]:
    """The statements of the topic's policy."""
    policies = dict(template.resources("AWS::SNS::TopicPolicy"))
    statements: list[Mapping[str, Any]]
    statements = policies["VerdictsTopicPolicy"]["PolicyDocument"]["Statement"]
    return statements


def test_no_other_account_may_subscribe_by_default(template: Template) -> None:
    assert [statement["Sid"] for statement in topic_statements(resolved(template))] == [
        "AllowSubscribersOfThisAccount",
        "DenyInsecureTransport",
    ]


def test_named_accounts_may_subscribe_queues_and_functions_and_do_nothing_else(
    template: Template,
) -> None:
    conditional = [each for each in topic_statements(template) if "Fn::If" in each]

    assert [unconditional(each) for each in conditional] == [
        (
            "HasSubscriberAccounts",
            {
                "Sid": "AllowSubscribersOfOtherAccounts",
                "Effect": "Allow",
                "Principal": {"AWS": {"Ref": "SubscriberAccountIds"}},
                "Action": "sns:Subscribe",
                "Resource": {"Ref": "VerdictsTopic"},
                "Condition": {"StringEquals": {"sns:Protocol": ["sqs", "lambda"]}},
            },
        )
    ]


def test_other_accounts_are_allowed_nothing_of_the_key(template: Template) -> None:
    # SNS decrypts what it delivers as itself: a subscriber needs the key of its own queue only.
    without, named = (
        resolved(template, {"KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/a"} | accounts)
        for accounts in ({}, {"SubscriberAccountIds": ACCOUNT})
    )
    changed = [
        name
        for name, resource in named.body["Resources"].items()
        if resource != without.body["Resources"][name]
    ]

    assert changed == ["VerdictsTopicPolicy"]


@pytest.mark.parametrize(
    ("account", "is_accepted"),
    [
        ("", True),
        ("111122223333", True),
        ("1111-2222-3333", False),
        ("11112222333", False),
        ("*", False),
        ("arn:aws:iam::111122223333:root", False),
    ],
)
def test_only_account_ids_are_accepted(account: str, is_accepted: bool) -> None:
    # CloudFormation matches each value of the list as a whole.
    pattern = source()["Parameters"]["SubscriberAccountIds"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, account)) is is_accepted
