"""`doctor` on a stack with a bucket of its own and an existing one, as an operator runs it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import boto3
import pytest

from local.cloud import LocalCloud
from local.emulator import REGION
from local.sam_cli import PROJECT, STACK_NAME
from operations.__main__ import main
from tests.clouds import start_cloud
from tests.local_cloud.buckets import suspended_versioning

PHOTOS, RULE = "doctor-photos", f"{STACK_NAME}-uploads"
EVENTBRIDGE = ("notifies EventBridge", PHOTOS)
_LISTED = (PROJECT / "docs" / "operating.md").read_text().partition("\n| `make doctor` | ")[2]
PERMISSIONS = [
    "cloudformation:DescribeStacks",
    *re.findall(r"`(\w+:\w+)`", _LISTED.partition("\n")[0]),
]
_NUMBERS = count()


@pytest.fixture(scope="module")
def sources_cloud() -> Iterator[LocalCloud]:
    own = {"CreateUploadBucket": "on", "TagUploads": "on"}
    with start_cloud("doctor", SourceBuckets=PHOTOS, KeyPrefixes="selfies/", **own) as cloud:
        yield cloud


class Doctor:
    """Runs the command; `results` are by check and part, `commands` those to paste."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.results: dict[tuple[str, str], str] = {}
        self.commands: list[str] = []
        self.error = ""

    def run(self, session: boto3.Session | None = None) -> int:
        status = main(["doctor", "--stack", STACK_NAME], session)
        output = self._capsys.readouterr()
        lines, self.error = output.out.splitlines(), output.err
        rows = [[cell.strip() for cell in each.split("│")[1:-1]] for each in lines if "│" in each]
        self.results = {(row[0], row[1]): row[2] for row in rows}
        self.commands = [each for each in lines if each.startswith("aws ")]
        return status

    def problems(self) -> dict[tuple[str, str], str]:
        return {name: text for name, text in self.results.items() if text != "OK"}


@pytest.fixture
def doctor(
    sources_cloud: LocalCloud,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Doctor:
    """As after `source .local/cloud.env`."""
    for name, value in sources_cloud.variables().items():
        monkeypatch.setenv(name, value)
    return Doctor(capsys)


@pytest.fixture
def s3(sources_cloud: LocalCloud) -> Any:
    return sources_cloud.client("s3")


def session_with(cloud: LocalCloud, actions: Sequence[str]) -> boto3.Session:
    """Return a session of a new user who may do only this."""
    iam, user = cloud.client("iam"), f"doctor-{next(_NUMBERS)}"
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="listed", PolicyDocument=policy)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)


def test_a_stack_in_order_passes_every_check_with_the_listed_permissions(
    sources_cloud: LocalCloud, doctor: Doctor
) -> None:
    assert doctor.run(session_with(sources_cloud, PERMISSIONS)) == 0

    assert doctor.problems() == {}
    own = sources_cloud.outputs["UploadBucketName"]
    assert {part for _, part in doctor.results} >= {own, PHOTOS, RULE, "RetryQueue"}
    assert {EVENTBRIDGE, ("notifies the function", own)} <= set(doctor.results)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_every_listed_permission_is_needed(
    permission: str, sources_cloud: LocalCloud, doctor: Doctor
) -> None:
    others = [each for each in PERMISSIONS if each != permission]

    assert doctor.run(session_with(sources_cloud, others)) == 1

    refusals = [doctor.error, *doctor.problems().values()]
    assert any("AccessDenied" in each or "(403)" in each for each in refusals)


def test_the_command_turns_eventbridge_on_and_keeps_what_the_bucket_notified_before(
    sources_cloud: LocalCloud, s3: Any, doctor: Doctor
) -> None:
    rules = [{"Name": "prefix", "Value": "it's/é"}]
    to_queue = {
        "Id": "audit",
        "QueueArn": queue_for_s3(sources_cloud),
        "Events": ["s3:ObjectRemoved:*"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    before = {"QueueConfigurations": [to_queue]}
    s3.put_bucket_notification_configuration(Bucket=PHOTOS, NotificationConfiguration=before)
    try:
        assert doctor.run() == 1
        assert list(doctor.problems()) == [EVENTBRIDGE]
        (command,) = doctor.commands
        configuration = json.loads(shlex.split(command)[-1])
        s3.put_bucket_notification_configuration(
            Bucket=PHOTOS, NotificationConfiguration=configuration
        )

        assert doctor.run() == 0
        after = s3.get_bucket_notification_configuration(Bucket=PHOTOS)
        assert after["QueueConfigurations"] == before["QueueConfigurations"]
    finally:
        only = {"EventBridgeConfiguration": dict[str, str]()}
        s3.put_bucket_notification_configuration(Bucket=PHOTOS, NotificationConfiguration=only)


def queue_for_s3(cloud: LocalCloud) -> str:
    """Create a queue that S3 may send to, and return its ARN."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="audit")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    arn: str = attributes["QueueArn"]
    s3 = {"Service": "s3.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": s3, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return arn


def test_a_disabled_rule_is_found(sources_cloud: LocalCloud, doctor: Doctor) -> None:
    events = sources_cloud.client("events")
    events.disable_rule(Name=RULE)
    try:
        assert doctor.run() == 1
    finally:
        events.enable_rule(Name=RULE)

    assert list(doctor.problems()) == [("invokes the function", RULE)]
    assert doctor.commands == [f"aws events enable-rule --name {RULE}"]


def test_suspended_versions_are_a_failure_where_uploads_are_tagged(s3: Any, doctor: Doctor) -> None:
    with suspended_versioning(s3, PHOTOS):
        assert doctor.run() == 1

    assert list(doctor.problems()) == [("keeps versions", PHOTOS)]
