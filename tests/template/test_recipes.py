"""cfn-lint finds nothing in the templates of docs/subscribers.md."""

from __future__ import annotations

import pytest

from tests.recipes import SUBSCRIBERS, recipe_file
from tests.template.test_cfn_lint import findings


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("An SQS queue", "queue.yaml"),
        ("A Lambda function", "template.yaml"),
        ("Quarantine", "template.yaml"),
        ("E-mail", "email.yaml"),
        ("An HTTPS endpoint", "https.yaml"),
    ],
)
def test_cfn_lint_finds_nothing_in_a_recipe(heading: str, name: str) -> None:
    assert findings(recipe_file(SUBSCRIBERS, heading, name)) == []
