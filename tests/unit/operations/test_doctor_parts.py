"""What `doctor` finds about the parts that every upload passes: rule, secret and queues."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.operations.conftest import FakeAws
from tests.unit.operations.doctor_parts import (
    ARN,
    NOTIFIES_FUNCTION,
    OWN,
    UUID,
    Parts,
    Shown,
    parts,
)

__all__ = ["parts"]


@pytest.mark.parametrize(
    ("rule", "text", "commands"),
    [
        (("DISABLED",), "It is disabled", ["aws events enable-rule --name ours-uploads"]),
        (("ENABLED", []), "It does not invoke the function", []),
        (("ENABLED", [f"{ARN}-2"]), "It does not invoke the function", []),
    ],
    ids=["disabled", "no target", "another target"],
)
def test_a_rule_that_does_not_invoke_the_function_is_a_failure(
    rule: tuple[Any, ...],
    text: str,
    commands: list[str],
    parts: Parts,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts.bucket("photos")
    parts.rule(*rule)
    parts.secret()
    parts.queues()

    assert parts.aws.run("doctor", without="UploadBucketName", SourceBuckets="photos") == 1

    shown = Shown(capsys)
    assert shown.problem().startswith(f"FAILED: {text}")
    assert shown.commands == commands


def test_a_rule_that_is_not_there_is_a_failure(
    aws: FakeAws, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    parts.bucket("photos")
    aws.stub("events").add_client_error("describe_rule", "ResourceNotFoundException", "no rule")
    parts.secret()
    parts.queues()

    assert aws.run("doctor", without="UploadBucketName", SourceBuckets="photos") == 1
    assert Shown(capsys).problem().startswith("FAILED: There is no such rule")


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (None, "It has no value: run `make secret`."),
        ("hunter2", 'The function cannot use it (the secret must be {"SecretId": …'),
        (
            json.dumps({"SecretId": "AKID", "SecretKey": "hunter2 and more"}),
            "The function cannot use it (SecretKey is empty, or holds blanks or odd characters)",
        ),
    ],
    ids=["no value", "no JSON", "blanks"],
)
def test_a_secret_that_the_function_cannot_use_is_a_failure_and_not_shown(
    secret: str | None,
    text: str,
    aws: FakeAws,
    parts: Parts,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts.bucket(OWN, NOTIFIES_FUNCTION)
    parts.secret(secret)
    parts.queues()

    assert aws.run("doctor") == 1

    shown = Shown(capsys)
    assert shown.problem().startswith(f"FAILED: {text}")
    assert "hunter2" not in shown.text


@pytest.mark.parametrize(
    ("mapping", "commands"),
    [
        (("Disabled",), [f"aws lambda update-event-source-mapping --enabled --uuid {UUID}"]),
        (("Enabled", "theirs-retry"), []),
    ],
    ids=["disabled", "of another queue"],
)
def test_a_retry_queue_that_nobody_polls_is_a_failure(
    mapping: tuple[Any, ...],
    commands: list[str],
    parts: Parts,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts.bucket(OWN, NOTIFIES_FUNCTION)
    parts.secret()
    parts.queues(*mapping)

    assert parts.aws.run("doctor") == 1

    shown = Shown(capsys)
    assert shown.problem().startswith("FAILED: It")
    assert shown.results["is consumed", "RetryQueue"] == shown.problem()
    assert shown.commands == commands


def test_failed_uploads_are_a_warning(
    aws: FakeAws, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    parts.bucket(OWN, NOTIFIES_FUNCTION)
    parts.secret()
    parts.queues(failed=2)

    assert aws.run("doctor") == 0

    shown = Shown(capsys)
    assert (
        shown.problem() == "warning: It has 2 messages: `make failed` lists them, with the reason."
    )
    assert shown.text.endswith("6 checks, 0 failed, 1 warning.\n")


def test_a_refused_request_fails_its_check_alone_with_where_permissions_are_listed(
    aws: FakeAws, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    parts.bucket(OWN, NOTIFIES_FUNCTION)
    aws.stub("secretsmanager").add_client_error("get_secret_value", "AccessDenied", "no\x1b[31m")
    parts.queues()

    assert aws.run("doctor") == 1

    shown = Shown(capsys)
    assert shown.problem().startswith("FAILED: It cannot be checked: An error occurred (AccessDeni")
    assert shown.problem().endswith(r"no\x1b[31m. Permissions: docs/operating.md#permissions.")
    assert len(shown.results) == 6
