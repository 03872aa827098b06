"""The operators' commands, as an operator runs them; `forget` has a file of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from liveness.aws.dynamodb import DynamoDBVerdicts
from liveness.models import ErrorResponse, Lease, Outcome, Upload, Verdict
from local.cloud import LocalCloud
from local.sam_cli import PROJECT, STACK_NAME
from local.uploader import Uploader
from tests.local_cloud.conftest import WaitForNotification
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.polling import wait_until
from tests.local_cloud.queues import Queue
from tests.local_cloud.sample_events import s3_event

type Operate = Callable[..., subprocess.CompletedProcess[str]]

NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
LOGGED_WITHIN_SECONDS = 10.0
DECIDED_AT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


@pytest.fixture
def failed_uploads(cloud: LocalCloud) -> Queue:
    """The queue, empty."""
    queue = Queue(cloud.emulator, cloud.outputs["FailedUploadsQueueUrl"])
    queue.purge()
    return queue


@pytest.fixture
def operate(cloud: LocalCloud) -> Operate:
    """Run a command with what `source .local/cloud.env` sets."""

    def run(
        *arguments: str, environment: Mapping[str, str] = NO_VARIABLES
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "operations", *arguments],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], **cloud.variables(), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def upload(uploader: Uploader, selfie: bytes) -> Callable[[str], str]:
    """Upload the selfie under a name and return its version."""
    return lambda name: uploader.upload(f"operations/{name}", selfie)


@pytest.fixture
def log(cloud: LocalCloud) -> FunctionLog:
    return FunctionLog(cloud)


def save_failed(cloud: LocalCloud, upload: Upload) -> None:
    """Save and mark as published the verdict `failed`."""
    verdicts = DynamoDBVerdicts(
        cloud.client("dynamodb"),
        cloud.outputs["VerdictsTableName"],
        retention=timedelta(days=90),
        now=lambda: DECIDED_AT,
    )
    lease = verdicts.acquire_lease(upload, timedelta(minutes=1))
    assert isinstance(lease, Lease)
    arrears = ErrorResponse("ResourceUnavailable.InArrears", "in arrears")
    verdict = Verdict(upload, Outcome.FAILED, DECIDED_AT, reason="account_blocked", error=arrears)
    verdicts.save(lease, verdict)
    verdicts.mark_published(verdict)


def listed(output: str, name: str) -> list[str]:
    """The cells of the one row with an object of this name."""
    (line,) = [line for line in output.splitlines() if name in line]
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_failed_lists_object_version_reason_and_time_and_leaves_the_message_there(
    cloud: LocalCloud, failed_uploads: Queue, operate: Operate
) -> None:
    save_failed(cloud, Upload("any-bucket", "listed/selfie.jpg", "v-1", DECIDED_AT))
    failed_uploads.send(s3_event("any-bucket", "listed/selfie.jpg", "v-1"))

    done = operate("failed", "--stack", STACK_NAME)

    assert (done.returncode, done.stderr) == (0, "")
    assert listed(done.stdout, "listed/selfie.jpg") == [
        "2026-11-23 12:30:00",
        "account_blocked (ResourceUnavailable.InArrears)",
        "s3://any-bucket/listed/selfie.jpg",
        "v-1",
    ]
    assert "1 message in FailedUploads." in done.stdout
    assert failed_uploads.visible() == 1


def test_failed_lists_the_reason_of_a_message_whose_upload_has_no_row(
    failed_uploads: Queue, operate: Operate
) -> None:
    reason = {"reason": {"DataType": "String", "StringValue": "foreign_bucket"}}
    body = s3_event("any-bucket", "foreign/selfie.jpg", "v-1")
    failed_uploads.sqs.send_message(
        QueueUrl=failed_uploads.url, MessageBody=body, MessageAttributes=reason
    )

    done = operate("failed")

    assert listed(done.stdout, "foreign/selfie.jpg")[1] == "foreign_bucket"
    assert failed_uploads.visible() == 1


def test_failed_lists_a_message_that_is_no_upload_by_its_id_only(
    failed_uploads: Queue, operate: Operate
) -> None:
    (message_id,) = failed_uploads.send("a diary, by mistake")

    done = operate("failed")

    assert f"message {message_id}" in done.stdout
    assert "unreadable" in done.stdout
    assert "diary" not in done.stdout
    assert failed_uploads.visible() == 1


def test_failed_lists_as_many_messages_as_requested_and_says_that_there_are_more(
    failed_uploads: Queue, operate: Operate
) -> None:
    for number in range(13):
        failed_uploads.send(f"message {number}")

    some = operate("failed", "--most", "12")
    every = operate("failed")

    assert "13 messages in FailedUploads, 12 of them listed" in some.stdout
    assert some.stdout.count("unreadable") == 12
    assert "13 messages in FailedUploads.\n" in every.stdout
    assert every.stdout.count("unreadable") == 13
    assert failed_uploads.visible() == 13


def test_failed_and_replay_report_an_empty_queue(failed_uploads: Queue, operate: Operate) -> None:
    assert failed_uploads.visible() == 0
    assert operate("failed").stdout == "FailedUploads is empty.\n"
    assert operate("replay").stdout.startswith("FailedUploads is empty")


def test_replay_sends_everything_to_retry_queue_where_it_gets_its_verdict(
    cloud: LocalCloud,
    wait_for_notification: WaitForNotification,
    failed_uploads: Queue,
    operate: Operate,
) -> None:
    bucket = cloud.upload_bucket
    uploads = [Upload(bucket, "replay/gone.jpg", f"v-{number}", DECIDED_AT) for number in range(2)]
    for upload in uploads:
        save_failed(cloud, upload)
        failed_uploads.send(s3_event(upload.bucket, upload.key, upload.version))

    done = operate("replay", "--stack", STACK_NAME)

    assert (done.returncode, done.stderr) == (0, "")
    assert "2 messages went to RetryQueue" in done.stdout
    assert failed_uploads.visible() == 0
    record = wait_for_notification("v-1").record
    assert (record["outcome"], record["reason"]) == ("retake", "picture_gone")
    assert record["id"] == uploads[1].id


@pytest.mark.parametrize("command", ["failed", "replay", "backfill", "status", "logs", "secret"])
def test_a_missing_stack_is_one_line_with_what_to_do(command: str, operate: Operate) -> None:
    refused = operate(command, "--stack", "no-such-stack")

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("The stack 'no-such-stack' cannot be read")
    assert "make deploy" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["failed", "replay", "backfill", "status", "logs"])
def test_a_refused_permission_is_one_line_with_where_permissions_are_listed(
    command: str, cloud: LocalCloud, operate: Operate
) -> None:
    iam = cloud.client("iam")
    user = f"may-not-{command}"
    allowed = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "cloudformation:DescribeStacks",
            "Resource": "*",
        },
    }
    iam.create_user(UserName=user)
    iam.put_user_policy(
        UserName=user, PolicyName="describe-stacks", PolicyDocument=json.dumps(allowed)
    )
    key = iam.create_access_key(UserName=user)["AccessKey"]
    as_user = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }

    refused = operate(command, environment=as_user)

    assert refused.returncode == 1
    assert "AccessDenied" in refused.stderr
    assert "docs/operating.md#permissions" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert key["SecretAccessKey"] not in refused.stderr


def test_status_counts_verdicts_and_messages_and_lists_the_errors(
    upload: Callable[[str], str],
    wait_for_notification: WaitForNotification,
    failed_uploads: Queue,
    log: FunctionLog,
    operate: Operate,
) -> None:
    before = cells(operate("status").stdout)
    wait_for_notification(upload("spoof.jpg"))
    upload("error-ResourceUnavailable.Freeze.jpg")
    log.wait_for_errors("Freeze.jpg", bool, within=10)
    failed_uploads.send("a message")

    done = operate("status", "--stack", STACK_NAME)

    assert (done.returncode, done.stderr) == (0, "")
    after = cells(done.stdout)
    assert int(after["not_live"][0]) == int(before["not_live"][0]) + 1
    assert after["FailedUploads"][:2] == ["1", "0"]
    (error,) = [line for line in done.stdout.splitlines() if "ResourceUnavailable.Freeze" in line]
    assert "account_blocked" in error
    assert "`make failed`" in done.stdout


def cells(output: str) -> Mapping[str, list[str]]:
    """The rows of the tables by their first cell."""
    rows = [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in output.splitlines()
        if line.startswith("│")
    ]
    return {first: others for first, *others in rows}


def test_the_attempts_of_one_upload_are_shown_by_its_id_and_as_they_were_logged(
    upload: Callable[[str], str],
    wait_for_notification: WaitForNotification,
    log: FunctionLog,
    operate: Operate,
) -> None:
    notification = wait_for_notification(upload("first-1-error-ActionOffline.jpg"))
    upload_id = notification.record["id"]
    wait_until(lambda: len(log.records_of(upload_id)) >= 2, within=LOGGED_WITHIN_SECONDS)

    done = operate("logs", "--id", upload_id)
    raw = operate("logs", "--id", upload_id, "--json")

    assert (done.returncode, done.stderr) == (0, "")
    first, last = done.stdout.splitlines()
    assert "no verdict" in first
    assert "account_blocked (ActionOffline), " in first
    assert "  live  " in last
    assert upload_id in first
    assert upload_id in last
    first_record, last_record = map(json.loads, raw.stdout.splitlines())
    assert first_record["sequencer"]
    assert last_record["sns_message_id"] == notification.message_id


def test_the_log_is_followed_until_an_interrupt_which_is_no_failure(
    cloud: LocalCloud, upload: Callable[[str], str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "operations", "logs", "--since", "1s"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **cloud.variables()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            upload("followed.jpg")
            assert process.stdout
            # The last second may have a retry of a test before this one.
            line = next(each for each in process.stdout if "followed.jpg" in each)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
        finally:
            process.kill()

    assert "operations/followed.jpg" in line
    assert (process.returncode, errors) == (0, "")


def test_the_secret_is_stored_from_the_environment_and_the_key_is_not_printed(
    cloud: LocalCloud, operate: Operate
) -> None:
    key = {
        "TENCENTCLOUD_SECRET_ID": cloud.credentials.secret_id,
        "TENCENTCLOUD_SECRET_KEY": cloud.credentials.secret_key,
    }

    done = operate("secret", "--stack", STACK_NAME, environment=key)

    assert done.returncode == 0
    assert cloud.outputs["TencentSecretArn"] in done.stdout
    assert cloud.credentials.secret_key not in done.stdout + done.stderr
