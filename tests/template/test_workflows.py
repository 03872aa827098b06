"""Workflows run no action that somebody else can change: each is pinned by its commit."""

from __future__ import annotations

import re

from tests.template.transformed import PROJECT

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.y*ml"))
# With the version as a comment, which tools that renew pins read and write.
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def test_every_action_is_pinned_by_its_commit_with_its_version_beside_it() -> None:
    used = [
        action.strip()
        for workflow in WORKFLOWS
        for action in re.findall(r"\buses:(.*)", workflow.read_text())
    ]

    assert used
    assert [action for action in used if not PINNED.fullmatch(action)] == []
