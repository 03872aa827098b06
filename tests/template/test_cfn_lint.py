"""cfn-lint over source and transformed template finds what `sam validate --lint` cannot see."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint

from tests.template.resolved import (
    DEFAULTS,
    PROTECTED,
    SOURCES_ONLY,
    UPLOAD_API,
    resolved,
    true_conditions,
)
from tests.template.transformed import PROJECT, Template, source, transformed

# A region's own types and limits count: each run checks all of them.
REGIONS = ("us-east-1", "eu-central-1", "ap-southeast-1", "ap-east-1", "cn-north-1")
EVERY_OPTION: Mapping[str, str] = MappingProxyType(
    {
        **PROTECTED,
        "MetricMathAlarms": "off",
        "TencentSecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:made-up",
    }
)
"""Every optional parameter set."""


def findings(text: str, regions: Sequence[str] = REGIONS) -> list[str]:
    matches = lint(text, config=ManualArgs(regions=[*regions]))
    return [f"{match.rule.id} {match.path}: {match.message}" for match in matches]


def as_text(template: Template) -> str:
    return json.dumps(template.body, default=str)


def test_cfn_lint_finds_nothing_in_the_source() -> None:
    assert findings((PROJECT / "template.yaml").read_text()) == []


def test_cfn_lint_finds_nothing_in_the_transformed_template(template: Template) -> None:
    assert findings(as_text(template)) == []


@pytest.mark.parametrize(
    "parameters",
    [DEFAULTS, EVERY_OPTION, SOURCES_ONLY, UPLOAD_API],
    ids=["unset", "set", "sources", "upload API"],
)
def test_cfn_lint_finds_nothing_where_the_optional_parameters_are(
    template: Template, parameters: Mapping[str, str]
) -> None:
    assert findings(as_text(resolved(template, parameters))) == []


def test_every_condition_on_a_parameter_is_true_in_one_rendering_and_false_in_the_other(
    template: Template,
) -> None:
    unset, options = (true_conditions(template, each) for each in (DEFAULTS, EVERY_OPTION))

    # The one of the region's, and the bucket's, which SOURCES_ONLY lacks.
    others = {"HasAccountRegionalNamespace", "CreatesUploadBucket"}
    assert set(template.body["Conditions"]) - (unset ^ options) == others
    assert "CreatesUploadBucket" not in true_conditions(template, SOURCES_ONLY)


def test_cfn_lint_finds_a_circular_dependency_of_bucket_and_function() -> None:
    body: dict[str, Any] = source()
    function = body["Resources"]["CheckLivenessFunction"]["Properties"]
    function["Environment"]["Variables"]["UPLOAD_BUCKET"] = {"Ref": "UploadBucket"}

    found = findings(as_text(transformed(body)), ["us-east-1"])
    assert any(finding.startswith("E3004") for finding in found)


def test_cfn_lint_finds_a_type_that_one_of_the_regions_lacks(template: Template) -> None:
    lacking = {"Type": "AWS::Amplify::App", "Properties": {"Name": "not-in-china"}}
    body = {**template.body, "Resources": {**template.body["Resources"], "Lacking": lacking}}

    assert any("cn-north-1" in finding for finding in findings(as_text(Template(body))))
