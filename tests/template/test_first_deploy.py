"""Every point of docs/first-deploy.md has a command, what it prints, and outputs that exist."""

from __future__ import annotations

import re

import pytest

from tests.template.transformed import PROJECT, Template

INTRODUCTION, *POINTS = re.split(
    r"^## ", (PROJECT / "docs" / "first-deploy.md").read_text(), flags=re.MULTILINE
)


def test_the_page_says_that_nothing_of_it_was_run() -> None:
    assert "Nothing on this page was run" in INTRODUCTION


@pytest.mark.parametrize("point", POINTS, ids=[point.partition("\n")[0] for point in POINTS])
def test_each_point_has_a_command_and_what_it_should_print(point: str) -> None:
    assert "```sh\n" in point
    assert "Should print: " in point


def test_the_commands_use_outputs_of_the_stack(template: Template) -> None:
    used = set(re.findall(r"\$\(output (\w+)\)", "".join(POINTS)))

    assert used <= set(template.body["Outputs"])
    assert {"UploadBucketName", "VerdictsTableName"} <= used
