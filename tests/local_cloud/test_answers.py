"""docs/answers.md: verdicts by command, in boto3 and by the AWS CLI, with README's policy alone."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name

from local.cloud import LocalCloud
from local.sam_cli import PROJECT
from local.uploader import Uploader

PAGE = (PROJECT / "docs" / "answers.md").read_text()
README = (PROJECT / "README.md").read_text()
SUBJECT = "user-7f3a9c"
KEY = "selfies/7f3a9c/live.jpg"

type Record = Mapping[str, Any]


def block(text: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]


@dataclass(frozen=True)
class Reader:
    """A user who has a policy and nothing else."""

    environment: Mapping[str, str]
    table: str

    def make(self, target: str, **values: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", target, *(f"{k}={v}" for k, v in values.items())],  # noqa: S607  # as typed
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def published(self, target: str, **values: str) -> list[Record]:
        """The lines of JSON that it prints, parsed."""
        done = self.make(target, ARGS="--json", **values)
        assert (done.returncode, done.stderr) == (0, "")
        return [json.loads(line) for line in done.stdout.splitlines()]

    @property
    def dynamodb(self) -> Any:
        return boto3.Session(
            self.environment["AWS_ACCESS_KEY_ID"],
            self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_DEFAULT_REGION"],
        ).client(
            "dynamodb",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            verify=self.environment["AWS_CA_BUNDLE"],
        )


type NewReader = Callable[..., Reader]


@pytest.fixture
def new_reader(cloud: LocalCloud) -> Iterator[NewReader]:
    """A user who may do what README's policy allows, but for one action."""
    iam, table = cloud.client("iam"), cloud.outputs["VerdictsTableName"]
    arn = cloud.client("dynamodb").describe_table(TableName=table)["Table"]["TableArn"]
    answers = README.partition("\n## Answers on request\n")[2]
    name, keys = "reads-verdicts", list[str]()

    def create(without: str = "") -> Reader:
        policy = json.loads(block(answers, "json").replace("TABLE", arn))
        policy["Statement"] = [each for each in policy["Statement"] if each["Action"] != without]
        iam.create_user(UserName=name)
        iam.put_user_policy(
            UserName=name, PolicyName="read-verdicts", PolicyDocument=json.dumps(policy)
        )
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys.append(key["AccessKeyId"])
        credentials = {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        return Reader({**cloud.emulator.environment, **credentials}, table)

    yield create
    for key in keys:
        iam.delete_access_key(UserName=name, AccessKeyId=key)
    iam.delete_user_policy(UserName=name, PolicyName="read-verdicts")
    iam.delete_user(UserName=name)


@pytest.fixture(scope="module")
def decided(
    cloud: LocalCloud, sample_images: Any, subscriber: Any
) -> tuple[Record, Record, Record]:
    """What was published: an object, another that needs a retake, and the first once more."""
    uploader = Uploader(cloud.emulator, cloud.outputs["UploadBucketName"])
    selfie = sample_images["live.jpg"].path.read_bytes()

    def upload(key: str) -> Record:
        version = uploader.upload(key, selfie, subject=SUBJECT)
        for notification in subscriber.notifications(within=30):
            if notification.record["version"] == version:
                return dict(notification.record)
        pytest.fail(f"nothing was published about {key}")

    return upload(KEY), upload("selfies/7f3a9c/no-face.jpg"), upload(KEY)


def test_verdicts_are_answered_as_they_were_published(
    new_reader: NewReader, decided: tuple[Record, Record, Record]
) -> None:
    (live, retake, again), reader = decided, new_reader()

    assert reader.published("verdict", OBJECT=live["object"]) == [again, live]
    assert reader.published("verdicts", SUBJECT=SUBJECT) == [again, retake, live]
    assert reader.published("verdicts", SUBJECT=SUBJECT, LIMIT="1") == [again]
    assert reader.published("verdicts", SUBJECT=SUBJECT, REASON="no_face") == [retake]
    assert reader.published("verdicts", SUBJECT=SUBJECT, OUTCOME="live") == [again, live]
    assert retake in reader.published("verdicts", OUTCOME="retake", REASON="no_face", SINCE="1h")
    of_all = reader.published("verdicts", SINCE="1h", LIMIT="50")
    assert [each for each in of_all if each in decided] == [again, retake, live]


def test_a_table_shows_every_version_of_an_object_and_what_nobody_has_is_one_line(
    new_reader: NewReader, decided: tuple[Record, Record, Record]
) -> None:
    (live, _, again), reader = decided, new_reader()

    shown = reader.make("verdict", OBJECT=live["object"]).stdout
    assert all(each["version"] in shown for each in (live, again))
    assert reader.make("verdicts", SUBJECT="nobody").stdout == "No verdict matches.\n"

    unknown = reader.make("verdict", OBJECT="s3://nobody/nothing.jpg")
    assert unknown.returncode != 0
    assert unknown.stderr.startswith("No upload of 's3://nobody/nothing.jpg' is in the table")


def test_labels_become_an_evaluation_with_the_same_policy(
    new_reader: NewReader, decided: tuple[Record, Record, Record], tmp_path: Path
) -> None:
    live, retake, again = decided
    rows = (f"{live['object']},{live['version']},,attack", f"{retake['object']},,,bona_fide")
    lines = ("object,version,id,label", *rows, f",,{again['id']},bona_fide")
    (tmp_path / "labels.csv").write_text("\n".join(lines))

    done = new_reader().make("evaluate", LABELS=str(tmp_path / "labels.csv"), ARGS="--json")

    assert (done.returncode, done.stderr) == (0, "3 labelled uploads with a verdict.\n")
    shown = json.loads(done.stdout)
    assert shown["worst_apcer"] == 1
    assert (shown["bona_fide"]["count"], shown["bona_fide"]["bpcer"]) == (1, 0)
    assert shown["bona_fide"]["non_response_reasons"] == {"no_face": 1}


@pytest.mark.parametrize(
    "action", ["cloudformation:DescribeStacks", "dynamodb:Query", "dynamodb:BatchGetItem"]
)
def test_each_action_of_the_policy_is_needed(
    new_reader: NewReader, decided: tuple[Record, Record, Record], action: str
) -> None:
    refused = new_reader(without=action).make("verdicts", SUBJECT=SUBJECT)

    assert refused.returncode != 0
    assert "AccessDenied" in refused.stderr
    assert action.partition(":")[2] in refused.stderr


def test_the_policy_lets_nobody_write(
    new_reader: NewReader, decided: tuple[Record, Record, Record]
) -> None:
    reader = new_reader()
    key = {name: {"S": decided[0][name]} for name in ("object", "version")}

    with pytest.raises(reader.dynamodb.exceptions.ClientError, match="AccessDenied"):
        reader.dynamodb.delete_item(TableName=reader.table, Key=key)


def test_the_pages_python_finds_the_same(
    new_reader: NewReader, decided: tuple[Record, Record, Record]
) -> None:
    (live, retake, again), reader = decided, new_reader()
    names: dict[str, Any] = {}
    exec(block(PAGE, "python"), names)  # noqa: S102  # our own page

    def ids(function: str, *arguments: str) -> list[str]:
        found = names[function](reader.dynamodb, reader.table, *arguments)
        return [item["id"]["S"] for item in found]

    assert sorted(ids("verdicts_on", live["object"])) == sorted([live["id"], again["id"]])
    assert ids("verdicts_of", SUBJECT) == [each["id"] for each in (again, retake, live)]
    since = retake["decided_at"]
    assert retake["id"] in ids("verdicts_since", "retake", "no_face", since)
    assert ids("verdicts_since", "retake", "no_face", "2100") == []


def test_the_pages_cli_commands_find_the_same(
    new_reader: NewReader, decided: tuple[Record, Record, Record]
) -> None:
    (live, retake, again), reader = decided, new_reader()
    bucket = live["object"].removeprefix("s3://").partition("/")[0]
    dynamodb = reader.dynamodb

    text = PAGE.replace("BUCKET", bucket).replace("$TABLE", reader.table)
    text = text.replace("2026-11-24T09:00:00.000Z", retake["decided_at"])
    found = [
        {item["id"]["S"] for item in dynamodb.query(**request)["Items"]}
        for request in requests(block(text.partition("## With the AWS CLI")[2], "sh"), dynamodb)
    ]

    assert found[0] == {live["id"], again["id"]}
    assert found[1] == {live["id"], again["id"], retake["id"]}
    assert retake["id"] in found[2]


def requests(script: str, dynamodb: Any) -> Iterator[Mapping[str, Any]]:
    """What the AWS CLI makes of its options: members of the request, by the same model."""
    members = dynamodb.meta.service_model.operation_model("Query").input_shape.members
    names = {f"--{xform_name(member, '-')}": member for member in members}
    for command in script.replace("\\\n", "").split("aws dynamodb query ")[1:]:
        words = shlex.split(command, comments=True)
        request: dict[str, Any] = {}
        while words:
            option = words.pop(0)
            if not words or words[0].startswith("--"):
                request[names[option.replace("--no-", "--")]] = not option.startswith("--no-")
            elif option == "--max-items":  # the CLI's own: it ends after so many
                words.pop(0)
            else:
                value = words.pop(0)
                request[names[option]] = json.loads(value) if value.startswith("{") else value
        yield request
