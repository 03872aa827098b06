"""`delete` shows, asks, and then deletes in an order in which nothing is lost unsaid."""

from __future__ import annotations

from typing import Any

import pytest

from operations.__main__ import main
from operations.errors import UserError
from operations.stack import Stack
from operations.stack_resources import POLL_SECONDS, StackResources
from tests.unit.operations.conftest import NAME, FakeAws
from tests.unit.operations.full_stack import (
    BUCKET,
    RESOURCES,
    TABLE,
    FakeCloudFormation,
    FakeEvents,
    FakeLambda,
    FakeS3,
)
from tests.unit.operations.queues import FAILED, RETRY, FakeQueues, queues
from tests.unit.operations.test_waiting_messages import Clock

__all__ = ["queues"]


class Deletion:
    """The command on a full stack, and the steps that it took."""

    def __init__(self, aws: FakeAws, queues: FakeQueues, monkeypatch: pytest.MonkeyPatch) -> None:
        self.aws, self.queues, self.steps = aws, queues, list[str]()
        self.cloudformation, self.s3 = FakeCloudFormation(self.steps), FakeS3(self.steps)
        aws.clients |= {"cloudformation": self.cloudformation, "s3": self.s3}
        aws.clients |= {"events": FakeEvents(self.steps), "lambda": FakeLambda(self.steps)}
        self.monkeypatch = monkeypatch

    def answers(self, *texts: str) -> None:
        """Type these at a terminal."""
        answers = iter(texts)
        self.monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        self.monkeypatch.setattr("builtins.input", lambda _question: next(answers))

    def run(self, *arguments: str) -> int:
        return main(["delete", "--stack", NAME, "--settle", "0", *arguments], self.aws.session)


@pytest.fixture
def deletion(aws: FakeAws, queues: FakeQueues, monkeypatch: pytest.MonkeyPatch) -> Deletion:
    return Deletion(aws, queues, monkeypatch)


IN_ORDER = ["stop notifications", "empty the bucket", "delete the stack"]


def test_it_says_what_goes_and_what_stays_asks_and_deletes_in_a_safe_order(
    deletion: Deletion, capsys: pytest.CaptureFixture[str]
) -> None:
    deletion.answers(NAME)
    deletion.queues.put(FAILED, "m1", "{}")
    deletion.cloudformation.description["Parameters"] = [
        {"ParameterKey": "AccessLogBucket", "ParameterValue": "our-logs"}
    ]

    assert deletion.run() == 0

    stays = (
        "These stay, until you delete them:\n"
        f"  AWS::DynamoDB::Table {TABLE}: `aws dynamodb delete-table --table-name {TABLE}`\n"
        "  uploaded code of AWS::Lambda::Function: `aws s3 rm s3://sam-artifacts/1234`\n"
        "  the secret TencentSecret, deleted, but for up to 30 days it can be restored: `aws "
        "secretsmanager delete-secret --force-delete-without-recovery --secret-id arn:secret`\n"
        "  the access logs, which name the pictures: "
        f"`aws s3 rm --recursive s3://our-logs/{NAME}/`\n"
    )
    assert capsys.readouterr().out == (
        f"To be deleted: {NAME}, 5 resources, with\n"
        f"  all pictures in {BUCKET}, old versions and unfinished uploads included\n"
        "  RetryQueue, once it is empty; it has 0 messages\n"
        "  1 message in FailedUploads, which are lost (`make replay` retries them)\n"
        f"{stays}{BUCKET} notifies the function no more.\n"
        "  RetryQueue: 0 visible, 0 in flight or delayed\n"
        f"  {BUCKET}: deleted 1 item\n"
        f"{NAME} is deleted.\n{stays}"
    )
    assert deletion.steps == IN_ORDER


@pytest.mark.parametrize("answer", ["", "yes", "OURS", f" {NAME}"])
def test_nothing_is_deleted_unless_the_answer_is_the_stacks_name(
    deletion: Deletion, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    deletion.answers(answer)

    assert deletion.run() == 1

    assert capsys.readouterr().out.endswith("Nothing was deleted.\n")
    assert deletion.steps == []


def test_without_a_terminal_it_refuses_and_does_not_ask(
    deletion: Deletion, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deletion.run() == 1

    assert capsys.readouterr().err == (
        "Nothing was deleted: there is no terminal to confirm it. `make delete ARGS=--yes` "
        "deletes without confirmation.\n"
    )
    assert deletion.steps == []


def test_a_protected_stack_is_refused_before_anything_is_done(
    deletion: Deletion, capsys: pytest.CaptureFixture[str]
) -> None:
    deletion.cloudformation.description["EnableTerminationProtection"] = True

    assert deletion.run("--yes") == 1

    assert "--no-enable-termination-protection" in capsys.readouterr().err
    assert deletion.steps == []


def test_the_bucket_is_not_emptied_while_retry_queue_has_messages(
    deletion: Deletion, capsys: pytest.CaptureFixture[str]
) -> None:
    deletion.queues.in_flight[RETRY] = [3]

    assert deletion.run("--yes", "--wait", "0") == 1

    error = capsys.readouterr().err
    assert error.startswith("ours-retry still has 3 messages after 0 minutes.")
    assert "Uploads get no verdict any more. Run `make delete` again for the rest" in error
    assert deletion.steps == ["stop notifications"]


@pytest.mark.parametrize(("answer", "steps"), [(NAME, IN_ORDER), ("no", IN_ORDER[:1])])
def test_messages_that_fail_meanwhile_are_lost_only_after_another_confirmation(
    deletion: Deletion, answer: str, steps: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    deletion.answers(NAME, answer)
    deletion.queues.in_flight[FAILED] = [0, 2]

    assert deletion.run() == (0 if answer == NAME else 1)

    assert "FailedUploads has 2 messages by now, which are lost.\n" in capsys.readouterr().out
    assert deletion.steps == steps


def test_what_is_gone_already_is_left_out_and_retries_without_a_function_are_lost(
    deletion: Deletion, capsys: pytest.CaptureFixture[str]
) -> None:
    deletion.cloudformation.description["StackStatus"] = "DELETE_FAILED"
    for name in ("CheckLivenessFunction", "FailedUploads"):
        deletion.cloudformation.statuses[name] = "DELETE_COMPLETE"
    deletion.queues.put(RETRY, "m1", "{}")

    assert deletion.run("--yes") == 0

    shown = capsys.readouterr().out
    assert shown.startswith(f"To be deleted: {NAME}, 3 resources, with\n")
    assert "  1 message in RetryQueue, which nothing processes any more\n" in shown
    assert deletion.steps == IN_ORDER


def test_a_stack_without_a_bucket_is_deleted_by_cloudformation_alone(deletion: Deletion) -> None:
    deletion.cloudformation.statuses = dict.fromkeys(RESOURCES, "DELETE_COMPLETE")

    assert deletion.run("--yes") == 0

    assert deletion.steps == ["delete the stack"]


def test_source_buckets_keep_their_pictures_and_send_nothing_to_a_stack_that_ends(
    deletion: Deletion, capsys: pytest.CaptureFixture[str]
) -> None:
    deletion.cloudformation.use_sources()

    assert deletion.run("--yes") == 0

    shown = capsys.readouterr().out
    assert "all pictures in" not in shown
    for bucket in ("archive", "imports"):
        line = f"  {bucket} with all of its pictures; it goes on sending events to EventBridge\n"
        assert shown.count(line) == 2  # before and after
    assert f"The EventBridge rule {NAME}-uploads is disabled.\n  RetryQueue: 0 visible" in shown
    assert deletion.steps == ["disable the rule", "delete the stack"]


def test_beside_source_buckets_the_stacks_own_bucket_is_emptied(deletion: Deletion) -> None:
    deletion.cloudformation.use_sources(and_own=True)

    assert deletion.run("--yes") == 0

    assert deletion.steps == [IN_ORDER[0], "disable the rule", *IN_ORDER[1:]]


def test_the_upload_api_is_closed_before_anything_that_it_needs_is_gone(
    deletion: Deletion, capsys: pytest.CaptureFixture[str]
) -> None:
    deletion.cloudformation.use_api()

    assert deletion.run("--yes") == 0

    assert "The upload API takes no more requests.\n" in capsys.readouterr().out
    assert deletion.steps == ["close the API", *IN_ORDER]


def test_a_deletion_that_is_running_is_followed_without_a_question(deletion: Deletion) -> None:
    deletion.cloudformation.description["StackStatus"] = "DELETE_IN_PROGRESS"

    assert deletion.run() == 0

    assert deletion.steps == []


def test_a_failed_deletion_is_one_line_with_the_reason(
    deletion: Deletion, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "The following resource(s) failed to delete: [UploadBucket]."
    deletion.cloudformation.states = [{"StackStatus": "DELETE_FAILED", "StackStatusReason": reason}]

    assert deletion.run("--yes") == 1

    error = capsys.readouterr().err
    assert error.startswith(f"CloudFormation did not delete the stack: {reason} Uploads get no")
    assert error.count("\n") == 1


def test_an_interrupt_is_one_line_and_the_next_run_goes_on(
    deletion: Deletion, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(**_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(deletion.s3, "delete_objects", interrupt)
        assert deletion.run("--yes") == 130

    error = capsys.readouterr().err
    assert error.startswith("Interrupted. Uploads get no verdict any more. Run `make delete` again")
    assert deletion.run("--yes") == 0
    assert deletion.steps == [IN_ORDER[0], *IN_ORDER]


def test_a_refused_permission_to_stop_notifications_is_one_line_and_changed_nothing(
    deletion: Deletion, capsys: pytest.CaptureFixture[str]
) -> None:
    deletion.s3.refuses = True

    assert deletion.run("--yes") == 1

    error = capsys.readouterr().err
    assert error.startswith("AWS failed: An error occurred (AccessDenied)")
    assert "no verdict any more" not in error


def test_a_deletion_is_followed_until_the_end_and_not_for_ever(deletion: Deletion) -> None:
    in_progress = {"StackStatus": "DELETE_IN_PROGRESS"}
    stack = Stack(deletion.aws.session, NAME, {}, deletion.cloudformation.description)
    resources, clock = StackResources(stack), Clock()
    deletion.cloudformation.states = [in_progress, in_progress, {"StackStatus": "DELETE_COMPLETE"}]

    assert list(resources.follow_deletion(clock, clock.sleep)) == [len(RESOURCES)] * 2
    assert clock.now == 1000 + 2 * POLL_SECONDS

    deletion.cloudformation.states = [in_progress]
    with pytest.raises(UserError, match="within half an hour"):
        list(resources.follow_deletion(clock, clock.sleep))
