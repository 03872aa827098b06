"""docs/answers.md: verdicts looked up by command, in boto3, and with no more than its policy."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.sam_cli import PROJECT, STACK_NAME
from local.uploader import Uploader
from tests.local_cloud.conftest import WaitForNotification
from tests.local_cloud.table import Table

PAGE = (PROJECT / "docs" / "answers.md").read_text()
SUBJECT = "who-asks"

type Ask = Callable[..., subprocess.CompletedProcess[str]]


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found.group(1)


@pytest.fixture(scope="module")
def ask(cloud: LocalCloud) -> Ask:
    """Run a command as a user who has the page's policy and nothing else."""
    iam, name = cloud.client("iam"), "may-read-verdicts"
    dynamodb, table = cloud.client("dynamodb"), cloud.outputs["VerdictsTableName"]
    arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    iam.create_user(UserName=name)
    policy = block("json").replace("TABLE", arn)
    iam.put_user_policy(UserName=name, PolicyName="read-verdicts", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    environment = {
        **os.environ,
        **cloud.emulator.environment,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }

    def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "operations", *arguments, "--stack", STACK_NAME],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return ask


def published_lines(done: subprocess.CompletedProcess[str]) -> list[Mapping[str, Any]]:
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_verdicts_are_answered_as_they_were_published(
    ask: Ask, uploader: Uploader, selfie: bytes, wait_for_notification: WaitForNotification
) -> None:
    keys = ["answers/live.jpg", "answers/no-face.jpg", "answers/live.jpg"]
    live, retake, again = (
        dict(wait_for_notification(uploader.upload(key, selfie, subject=SUBJECT)).record)
        for key in keys
    )

    assert published_lines(ask("verdict", "--object", live["object"], "--json")) == [again, live]
    of_person = ["verdicts", "--subject", SUBJECT]
    assert published_lines(ask(*of_person, "--json")) == [again, retake, live]
    assert published_lines(ask(*of_person, "--reason", retake["reason"], "--json")) == [retake]
    newest = published_lines(ask("verdicts", "--outcome", "live", "--limit", "1", "--json"))
    assert newest == [again]
    table = ask(*of_person, "--since", "1h").stdout
    assert all(each["version"] in table for each in (live, retake, again))


def test_the_pages_python_finds_the_same(
    cloud: LocalCloud,
    uploader: Uploader,
    selfie: bytes,
    wait_for_notification: WaitForNotification,
    table: Table,
) -> None:
    version = uploader.upload("answers/spoof.jpg", selfie, subject="who-programs")
    record = wait_for_notification(version).record
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102  # our own page

    dynamodb = cloud.client("dynamodb")
    item = names["verdict_on"](dynamodb, table.name, record["object"], version)
    (found,) = names["verdicts_of"](dynamodb, table.name, "who-programs")

    assert item["outcome"] == found["outcome"] == {"S": "not_live"}
    assert names["verdict_on"](dynamodb, table.name, record["object"], "no-version") is None


def test_an_object_without_uploads_is_one_line(ask: Ask) -> None:
    done = ask("verdict", "--object", "s3://nobody/nothing.jpg")

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
