"""checkov over the transformed template, as it is and with its conditions decided.

Each finding that is suppressed has its reason on the line in template.yaml.
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
MOST_SUPPRESSIONS = 9
SHORTEST_REASON = 40

# What checkov asks for and the defaults do not give, and the parameter that gives it.
LEFT_TO_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "CKV_AWS_18": "AccessLogBucket",
        "CKV_AWS_27": "KmsKeyArn",  # it does not count SqsManagedSseEnabled
        "CKV_AWS_115": "ReservedConcurrency",
        "CKV_AWS_119": "KmsKeyArn",
        "CKV_AWS_149": "KmsKeyArn",
        "CKV_AWS_158": "KmsKeyArn",
    }
)

type Finding = tuple[str, str]


@pytest.fixture(scope="module")
def report(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What checkov says of three renderings, by the name of the file."""
    folder = tmp_path_factory.mktemp("checkov")
    for name, rendering in {
        "transformed": template,
        "defaults": resolved(template),
        "protected": resolved(template, PROTECTED),
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(rendering.body, default=str))
    return _checkov(folder)


def _checkov(folder: Path) -> Mapping[str, Any]:
    assert CHECKOV.exists(), "checkov is not installed: run `make check`, which does that first"
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


def _found(report: Mapping[str, Any], result: str, name: str) -> Iterator[Finding]:
    for check in report[f"{result}_checks"]:
        if check["file_path"] == f"/{name}.json":
            yield check["check_id"], check["resource"].rpartition(".")[2]


@pytest.mark.parametrize("rendering", ["transformed", "protected"])
def test_checkov_finds_nothing(report: Mapping[str, Any], rendering: str) -> None:
    assert list(_found(report, "failed", rendering)) == []
    assert len(list(_found(report, "passed", rendering))) > 25


def test_the_defaults_lack_only_what_a_parameter_gives(
    report: Mapping[str, Any], template: Template
) -> None:
    found = {check for check, _ in _found(report, "failed", "defaults")}

    assert found == set(LEFT_TO_PARAMETERS)
    assert set(LEFT_TO_PARAMETERS.values()) <= set(template.body["Parameters"])


def test_each_suppression_is_a_sentence_and_still_suppresses_something(
    report: Mapping[str, Any],
) -> None:
    suppressed = [
        (skip["id"], name, skip["comment"])
        for name, resource in source()["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]

    assert len(suppressed) <= MOST_SUPPRESSIONS
    assert all(len(reason) >= SHORTEST_REASON and reason[-1] == "." for *_, reason in suppressed)
    assert {finding[:2] for finding in suppressed} == set(_found(report, "skipped", "transformed"))
