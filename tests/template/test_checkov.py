"""checkov over the transformed template, unresolved and with its conditions resolved.

Each suppressed finding has its reason in template.yaml.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.template.resolved import PROTECTED, resolved
from tests.template.transformed import PROJECT, Template, source

CHECKOV = PROJECT / ".local" / "checkov" / "bin" / "checkov"
MAX_SUPPRESSIONS = 11
MIN_REASON_LENGTH = 40

# Checks that fail with the default parameters, and the parameter that satisfies each.
OPTIONAL: Mapping[str, str] = MappingProxyType(
    {
        "CKV_AWS_18": "AccessLogBucket",
        "CKV_AWS_27": "KmsKeyArn",  # checkov ignores SqsManagedSseEnabled
        "CKV_AWS_115": "ReservedConcurrency",
        "CKV_AWS_119": "KmsKeyArn",
        "CKV_AWS_149": "KmsKeyArn",
        "CKV_AWS_158": "KmsKeyArn",
    }
)

type Finding = tuple[str, str]


@pytest.fixture(scope="module")
def report(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Results of checkov for three renderings, each in a file of its own."""
    folder = tmp_path_factory.mktemp("checkov")
    for name, rendering in {
        "transformed": template,
        "defaults": resolved(template),
        "protected": resolved(template, PROTECTED),
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(rendering.body, default=str))
    return _checkov(folder)


def _checkov(folder: Path) -> Mapping[str, Any]:
    assert CHECKOV.exists(), "checkov is not installed: run `make check`, which installs it first"
    done = subprocess.run(
        [
            *(CHECKOV, "--framework", "cloudformation", "--directory", folder),
            *("--output", "json", "--compact", "--skip-download"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    results: Mapping[str, Any] = json.loads(done.stdout)["results"]
    assert results["parsing_errors"] == []
    return results


def _findings(report: Mapping[str, Any], result: str, name: str) -> Iterator[Finding]:
    for check in report[f"{result}_checks"]:
        if check["file_path"] == f"/{name}.json":
            yield check["check_id"], check["resource"].rpartition(".")[2]


@pytest.mark.parametrize("rendering", ["transformed", "protected"])
def test_checkov_finds_nothing(report: Mapping[str, Any], rendering: str) -> None:
    assert list(_findings(report, "failed", rendering)) == []
    assert len(list(_findings(report, "passed", rendering))) > 25


def test_with_defaults_only_checks_fail_that_a_parameter_satisfies(
    report: Mapping[str, Any], template: Template
) -> None:
    failed = {check for check, _ in _findings(report, "failed", "defaults")}

    assert failed == set(OPTIONAL)
    assert set(OPTIONAL.values()) <= set(template.body["Parameters"])


def test_each_suppression_has_a_reason_and_still_suppresses_a_finding(
    report: Mapping[str, Any],
) -> None:
    suppressed = [
        (skip["id"], name, skip["comment"])
        for name, resource in source()["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]

    assert len(suppressed) <= MAX_SUPPRESSIONS
    assert all(len(reason) >= MIN_REASON_LENGTH and reason[-1] == "." for *_, reason in suppressed)
    # checkov leaves out what does not exist by default.
    assert {finding[:2] for finding in suppressed} == {
        *_findings(report, "skipped", "transformed"),
        *_findings(report, "skipped", "protected"),
    }
