"""One command line, and one error boundary for all of its commands."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from operations.__main__ import COMMANDS, main
from tests.unit.operations.conftest import OUTPUTS, FakeAws

MAKEFILE = (Path(__file__).parents[3] / "Makefile").read_text()
OBJECT = f"s3://{OUTPUTS['UploadBucketName']}/1.jpg"
LABELS = str(Path(__file__).with_name("labels.csv"))
UPLOAD_ID = "57aafdfe-3c5c-588d-b769-d71e016accaf"

# Arguments of each command, its first request after the stack's, and an output that it needs.
REQUESTS = {
    "status": ([], "dynamodb", "query", "VerdictsTableName"),
    "logs": ([], "logs", "filter_log_events", "CheckLivenessFunctionName"),
    "failed": ([], "sqs", "receive_message", "FailedUploadsQueueUrl"),
    "replay": ([], "sqs", "get_queue_attributes", "RetryQueueUrl"),
    "forget": (["--object", OBJECT], "sqs", "get_queue_attributes", "VerdictsTableName"),
    "backfill": ([], "s3", "list_object_versions", "RetryQueueUrl"),
    "verdict": (["--object", OBJECT], "dynamodb", "query", "VerdictsTableName"),
    "verdicts": ([], "dynamodb", "query", "VerdictsTableName"),
    "evaluate": (["--labels", LABELS], "dynamodb", "query", "VerdictsTableName"),
    "secret": ([], "secretsmanager", "put_secret_value", "TencentSecretArn"),
}
# `delete` needs no output, because a stack that is half deleted may have none; `doctor` goes on
# after a refused request.
NAMES = [*REQUESTS, "delete", "doctor"]


def name_of(command: ModuleType) -> str:
    return command.__name__.rpartition(".")[2]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `secret` would prompt for."""
    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "AKID")
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "key")


def test_the_help_lists_every_command_with_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    text = " ".join(capsys.readouterr().out.split())
    for command in COMMANDS:
        assert f"{name_of(command)} {(command.__doc__ or '').partition('\n')[0]}" in text
    assert set(NAMES) == {name_of(command) for command in COMMANDS}


@pytest.mark.parametrize("command", NAMES)
def test_every_command_has_help_and_a_make_target(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])

    assert "--stack" in capsys.readouterr().out
    assert f"\n{command}: setup  ## " in MAKEFILE
    assert f'-m operations {command} --stack="$$STACK"' in MAKEFILE


@pytest.mark.parametrize("arguments", [[], ["undo"]])
def test_a_missing_or_unknown_command_is_a_usage_error(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)


@pytest.mark.parametrize("command", NAMES)
def test_a_missing_stack_is_one_line_with_what_to_do(
    command: str, aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Stack with id none does not exist"
    aws.stub("cloudformation").add_client_error("describe_stacks", "ValidationError", text)

    arguments = REQUESTS[command][0] if command in REQUESTS else []
    assert main([command, "--stack", "none", *arguments], aws.session) == 1

    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == (
        "The stack 'none' cannot be read (An error occurred (ValidationError) when calling the "
        f"DescribeStacks operation: {text}). Is it deployed (`make deploy`), and do AWS_PROFILE or "
        "AWS_ENDPOINT_URL point at its account?\n"
    )


@pytest.mark.parametrize("command", REQUESTS)
def test_an_older_stack_is_one_line_with_what_to_do(
    command: str, aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, service, request, missing = REQUESTS[command]
    if command == "replay":
        attributes = {"QueueArn": "arn", "ApproximateNumberOfMessages": "0"}
        attributes["ApproximateNumberOfMessagesNotVisible"] = "0"
        aws.stub(service).add_response(request, {"Attributes": attributes})

    assert aws.run(command, *arguments, without=missing) == 1

    assert capsys.readouterr().err == (
        f"The stack has no output {missing}: it is older than this command; run `make deploy`.\n"
    )


@pytest.mark.parametrize("command", REQUESTS)
def test_a_refused_permission_is_one_line_with_where_permissions_are_listed(
    command: str, aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, service, request, _ = REQUESTS[command]
    aws.stub(service).add_client_error(request, "AccessDenied", "not\nauthorized\x1b[31m")

    assert aws.run(command, *arguments) == 1

    error = capsys.readouterr().err
    assert error.startswith("AWS failed: An error occurred (AccessDenied) when calling the ")
    assert r"not authorized\x1b[31m. Permissions: docs/operating.md#permissions." in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", REQUESTS)
def test_a_stack_without_a_bucket_of_its_own_has_every_command(
    command: str, aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, service, request, _ = REQUESTS[command]
    aws.stub(service).add_client_error(request, "AccessDenied", "not authorized")
    sources = {"SourceBuckets": OUTPUTS["UploadBucketName"]}

    assert aws.run(command, *arguments, without="UploadBucketName", **sources) == 1

    assert "AccessDenied" in capsys.readouterr().err


def test_an_environment_without_a_region_or_network_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    assert main(["status", "--stack", "ours"]) == 1

    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("The stack 'ours' cannot be read (")
    assert output.err.count("\n") == 1


def test_an_unknown_profile_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    assert main(["status"]) == 1
    assert capsys.readouterr().err.startswith("AWS failed: The config profile (nobody) could not")


class Interrupted:
    """A client whose requests the operator interrupts."""

    def __getattr__(self, request: str) -> Any:
        raise KeyboardInterrupt


def test_an_interrupted_command_exits_with_130(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.clients["dynamodb"] = Interrupted()

    assert aws.run("status") == 130
    assert capsys.readouterr().err == "Interrupted.\n"


class ClosedPipe(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize(("command", "status"), [("failed", 0), ("forget", 1)])
def test_a_closed_pipe_is_quiet_and_a_failure_only_where_something_is_left_to_do(
    command: str, status: int, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", ClosedPipe())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    failing = {"failed": lambda *_: print("a line"), "forget": unfinished}[command]
    module = next(each for each in COMMANDS if name_of(each) == command)
    monkeypatch.setattr(module, "run", failing)

    assert aws.run(command, *REQUESTS[command][0]) == status
    assert sys.stderr.closed


def unfinished(*_: object) -> int:
    try:
        print("a line")
    except BaseException as error:
        error.add_note("Half of it was done.")
        raise
    return 0
