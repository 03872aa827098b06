"""The index and the key by which pictures are compared, and who may use them."""

from __future__ import annotations

from tests.template.resolved import PROTECTED, resolved
from tests.template.transformed import Template


def test_the_index_holds_the_uploads_with_a_digest_and_no_more_of_them_than_is_compared(
    template: Template,
) -> None:
    table = dict(template.resources("AWS::DynamoDB::Table"))["VerdictsTable"]
    (index,) = (
        each for each in table["GlobalSecondaryIndexes"] if each["IndexName"] == "by_picture"
    )

    # No key of it is one of every item: an item without a digest is not in it.
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["picture_digest", "decided_at"]
    assert index["Projection"] == {
        "ProjectionType": "INCLUDE",
        "NonKeyAttributes": ["subject", "outcome"],
    }


def test_the_function_may_query_that_index_and_nothing_else(template: Template) -> None:
    policies = dict(resolved(template).policies("CheckLivenessRole"))
    queries = {
        name: statement
        for name, statements in policies.items()
        for statement in statements
        if "dynamodb:Query" in str(statement["Action"]) or "Scan" in str(statement["Action"])
    }

    assert set(queries) == {"find-other-uses-of-a-picture"}
    (statement,) = queries.values()
    assert statement["Action"] == "dynamodb:Query"
    assert "index/by_picture" in str(statement["Resource"])
    assert "*" not in str(statement["Resource"])


def test_the_key_is_generated_by_cloudformation_whatever_the_parameters(template: Template) -> None:
    for parameters in ({}, PROTECTED):
        rendering = resolved(template, parameters)
        key = dict(rendering.resources("AWS::SecretsManager::Secret"))["DigestKey"]
        (statement,) = dict(rendering.policies("CheckLivenessRole"))["read-digest-key"]

        assert key["GenerateSecretString"]["PasswordLength"] == 64
        assert "SecretString" not in key
        assert statement["Action"] == "secretsmanager:GetSecretValue"
        assert "DigestKey" in str(statement["Resource"])


def test_a_reuse_is_reported_unless_it_is_to_be_refused(template: Template) -> None:
    policy = template.body["Parameters"]["ReusePolicy"]

    assert (policy["Default"], policy["AllowedValues"]) == ("report", ["report", "refuse"])
