"""cfn-lint over the transformed template finds what `sam validate --lint` cannot see."""

from __future__ import annotations

import json
from typing import Any

from cfnlint.api import ManualArgs, lint

from tests.template.transformed import Template, source, transformed


def findings(template: Template) -> list[str]:
    matches = lint(json.dumps(template.body, default=str), config=ManualArgs(regions=["us-east-1"]))
    return [f"{match.rule.id} {match.path}: {match.message}" for match in matches]


def test_cfn_lint_finds_nothing_in_the_transformed_template(template: Template) -> None:
    assert findings(template) == []


def test_cfn_lint_finds_a_circular_dependency_of_bucket_and_function() -> None:
    body: dict[str, Any] = source()
    function = body["Resources"]["CheckLivenessFunction"]["Properties"]
    function["Environment"]["Variables"]["UPLOAD_BUCKET"] = {"Ref": "UploadBucket"}

    assert any(finding.startswith("E3004") for finding in findings(transformed(body)))
