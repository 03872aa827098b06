"""The commands for FailedUploads, as an operator runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from liveness.aws.dynamodb import DynamoDBVerdicts
from liveness.errors import ErrorAnswer
from liveness.model import Outcome, Upload, Verdict
from liveness.ports import Lease
from local.cloud import LocalCloud
from local.phone import Phone
from local.stack import PROJECT, STACK_NAME
from local.subscriber import Announcement
from tests.local_cloud.function_log import FunctionLog
from tests.local_cloud.queues import Queue, notification

type Operate = Callable[..., subprocess.CompletedProcess[str]]

NOTHING: Mapping[str, str] = MappingProxyType({})
LOGGED_WITHIN_SECONDS = 10.0
DECIDED_AT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


@pytest.fixture
def failed_uploads(cloud: LocalCloud) -> Queue:
    """The queue, empty."""
    queue = Queue(cloud.engine, cloud.outputs["FailedUploadsQueueUrl"])
    queue.empty()
    return queue


@pytest.fixture
def operate(cloud: LocalCloud) -> Operate:
    """Run a command with what `source .local/cloud.env` sets."""

    def run(
        command: str, *arguments: str, environment: Mapping[str, str] = NOTHING
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", f"operations.{command}", *arguments],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], **cloud.variables(), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def upload(phone: Phone, selfie: bytes) -> Callable[[str], str]:
    """Upload the selfie under a name and return its version."""
    return lambda name: phone.upload(f"operations/{name}", selfie)


@pytest.fixture
def log(cloud: LocalCloud) -> FunctionLog:
    return FunctionLog(cloud)


def give_up(cloud: LocalCloud, upload: Upload) -> None:
    verdicts = DynamoDBVerdicts(
        cloud.engine.session.client("dynamodb", endpoint_url=cloud.engine.url),
        cloud.outputs["VerdictsTableName"],
        keep_for=timedelta(days=90),
        now=lambda: DECIDED_AT,
    )
    lease = verdicts.claim(upload, timedelta(minutes=1), reopen_failed=True)
    assert isinstance(lease, Lease)
    arrears = ErrorAnswer("ResourceUnavailable.InArrears", "in arrears")
    verdict = Verdict(upload, Outcome.FAILED, DECIDED_AT, reason="account_blocked", answer=arrears)
    verdicts.mark_announced(verdicts.record(lease, verdict))


def test_failed_lists_object_version_reason_and_since_when_and_leaves_the_message_there(
    cloud: LocalCloud,
    failed_uploads: Queue,
    operate: Operate,
) -> None:
    give_up(cloud, Upload("any-bucket", "told/selfie.jpg", "v-1", DECIDED_AT))
    failed_uploads.put(notification("any-bucket", "told/selfie.jpg", "v-1"))

    listed = operate("failed", "--stack", STACK_NAME)

    assert (listed.returncode, listed.stderr) == (0, "")
    (line,) = [line for line in listed.stdout.splitlines() if "told/selfie.jpg" in line]
    assert [cell.strip() for cell in line.strip("│").split("│")] == [
        "2026-11-23 12:30:00",
        "account_blocked (ResourceUnavailable.InArrears)",
        "s3://any-bucket/told/selfie.jpg",
        "v-1",
    ]
    assert "1 message in FailedUploads." in listed.stdout
    assert failed_uploads.shown() == 1


def test_failed_shows_a_message_that_is_no_upload_by_its_id_only(
    failed_uploads: Queue, operate: Operate
) -> None:
    (message_id,) = failed_uploads.put("a diary, by mistake")

    listed = operate("failed")

    assert f"message {message_id}" in listed.stdout
    assert "unreadable" in listed.stdout
    assert "diary" not in listed.stdout
    assert failed_uploads.shown() == 1


def test_failed_looks_at_as_many_as_it_is_asked_to_and_says_that_there_are_more(
    failed_uploads: Queue, operate: Operate
) -> None:
    for number in range(13):
        failed_uploads.put(f"message {number}")

    some = operate("failed", "--most", "12")
    every = operate("failed")

    assert "13 messages in FailedUploads, 12 of them looked at" in some.stdout
    assert some.stdout.count("unreadable") == 12
    assert "13 messages in FailedUploads.\n" in every.stdout
    assert every.stdout.count("unreadable") == 13
    assert failed_uploads.shown() == 13


def test_both_say_when_there_is_nothing(failed_uploads: Queue, operate: Operate) -> None:
    assert failed_uploads.shown() == 0
    assert operate("failed").stdout == "FailedUploads is empty.\n"
    assert operate("replay").stdout.startswith("FailedUploads is empty")


def test_replay_sends_everything_back_and_it_is_answered(
    cloud: LocalCloud,
    answer_to: Callable[[str], Announcement],
    failed_uploads: Queue,
    operate: Operate,
) -> None:
    bucket = cloud.outputs["UploadBucketName"]
    uploads = [Upload(bucket, "replay/gone.jpg", f"v-{number}", DECIDED_AT) for number in range(2)]
    for upload in uploads:
        give_up(cloud, upload)
        failed_uploads.put(notification(upload.bucket, upload.key, upload.version))

    replayed = operate("replay", "--stack", STACK_NAME)

    assert (replayed.returncode, replayed.stderr) == (0, "")
    assert "2 messages went back to RetryQueue" in replayed.stdout
    assert failed_uploads.shown() == 0
    answer = answer_to("v-1").facts
    assert (answer["outcome"], answer["reason"]) == ("retake", "picture_gone")
    assert answer["id"] == uploads[1].id


@pytest.mark.parametrize("command", ["failed", "replay", "status", "logs"])
def test_a_stack_that_is_not_there_is_one_line_and_a_status(command: str, operate: Operate) -> None:
    refused = operate(command, "--stack", "no-such-stack")

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("The stack 'no-such-stack' cannot be read")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["failed", "replay", "status", "logs"])
def test_what_aws_refuses_is_one_line_and_a_status(
    command: str, cloud: LocalCloud, operate: Operate
) -> None:
    iam: Any = cloud.engine.session.client("iam", endpoint_url=cloud.engine.url)
    user = f"looker-on-{command}"
    allowed = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "cloudformation:DescribeStacks",
            "Resource": "*",
        },
    }
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="look", PolicyDocument=json.dumps(allowed))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    as_user = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }

    refused = operate(command, environment=as_user)

    assert refused.returncode == 1
    assert "AccessDenied" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert key["SecretAccessKey"] not in refused.stderr


def test_status_counts_answers_and_what_waits_and_says_what_failed(
    upload: Callable[[str], str],
    answer_to: Callable[[str], Announcement],
    failed_uploads: Queue,
    log: FunctionLog,
    operate: Operate,
) -> None:
    before = cells(operate("status").stdout)
    answer_to(upload("spoof.jpg"))
    upload("error-ResourceUnavailable.Freeze.jpg")
    log.faults_once("Freeze.jpg", bool, within=10)
    failed_uploads.put("a message")

    told = operate("status", "--stack", STACK_NAME)

    assert (told.returncode, told.stderr) == (0, "")
    after = cells(told.stdout)
    assert int(after["not_live"][0]) == int(before["not_live"][0]) + 1
    assert after["FailedUploads"][:2] == ["1", "0"]
    (fault,) = [line for line in told.stdout.splitlines() if "ResourceUnavailable.Freeze" in line]
    assert "account_blocked" in fault
    assert "`make failed`" in told.stdout


def cells(told: str) -> Mapping[str, list[str]]:
    """The rows of the tables by their first cell."""
    rows = [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in told.splitlines()
        if line.startswith("│")
    ]
    return {first: others for first, *others in rows}


def test_one_uploads_story_is_told_by_its_id_and_as_it_is_logged(
    upload: Callable[[str], str],
    answer_to: Callable[[str], Announcement],
    log: FunctionLog,
    operate: Operate,
) -> None:
    answer = answer_to(upload("first-1-error-ActionOffline.jpg"))
    upload_id = answer.facts["id"]
    end = time.monotonic() + LOGGED_WITHIN_SECONDS
    while len(log.of(upload_id)) < 2 and time.monotonic() < end:
        time.sleep(0.1)

    told = operate("logs", "--id", upload_id)
    raw = operate("logs", "--id", upload_id, "--json")

    assert (told.returncode, told.stderr) == (0, "")
    first, last = told.stdout.splitlines()
    assert "no answer" in first
    assert "account_blocked (ActionOffline), " in first
    assert "  live  " in last
    assert upload_id in first
    assert upload_id in last
    first_line, last_line = map(json.loads, raw.stdout.splitlines())
    assert first_line["sequencer"]
    assert last_line["announcement"] == answer.message_id


def test_the_log_is_followed_until_it_is_interrupted_and_ends_quietly(
    cloud: LocalCloud, upload: Callable[[str], str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "operations.logs", "--since", "1s"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **cloud.variables()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as following:
        try:
            upload("followed.jpg")
            assert following.stdout
            line = following.stdout.readline()
            following.send_signal(signal.SIGINT)
            _, errors = following.communicate(timeout=10)
        finally:
            following.kill()

    assert "operations/followed.jpg" in line
    assert (following.returncode, errors) == (0, "")


def test_the_secret_is_filled_from_the_environment_and_its_key_is_not_shown(
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


def test_a_stack_that_is_not_there_is_named_with_what_to_do(operate: Operate) -> None:
    done = operate("secret", "--stack", "no-such-stack")

    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "no-such-stack" in line
    assert "make deploy" in line
