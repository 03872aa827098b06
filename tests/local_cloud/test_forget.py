"""`make forget`, as an operator runs it: everything of one person or object, nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.phone import Phone
from local.stack import PROJECT, STACK_NAME
from local.subscriber import Announcement
from tests.local_cloud.table import Table

type Answers = Callable[[str], Announcement]
type Facts = Mapping[str, Any]
type Forget = Callable[..., subprocess.CompletedProcess[str]]

NOTHING: Mapping[str, str] = MappingProxyType({})
# Control characters too, but the engine cannot list them.
HOSTILE = "forget/../ %2e\u202e\U0001f642?versionId=1#"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the stack keeps, and the phone that fills it."""

    s3: Any
    phone: Phone
    selfie: bytes
    answer_to: Answers
    table: Table

    @property
    def bucket(self) -> str:
        return self.phone.bucket

    def upload(self, key: str, subject: str | None = None) -> Facts:
        """Upload a selfie and wait for its verdict."""
        return self.answer_to(self.phone.upload(key, self.selfie, subject=subject)).facts

    def versions(self, key: str) -> set[str]:
        """Of pictures and of delete markers."""
        found = self.s3.list_object_versions(Bucket=self.bucket, Prefix=key)
        kept = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
        return {each["VersionId"] for each in kept if each["Key"] == key}

    def rows(self, *told: Facts) -> list[str | None]:
        """The outcome that each row has; None where there is no row."""
        return [self.table.row(each).get("outcome") for each in told]


@pytest.fixture
def s3(cloud: LocalCloud) -> Any:
    return cloud.engine.session.client("s3", endpoint_url=cloud.engine.url)


@pytest.fixture
def kept(s3: Any, phone: Phone, selfie: bytes, answer_to: Answers, table: Table) -> Kept:
    return Kept(s3, phone, selfie, answer_to, table)


@pytest.fixture
def forget(cloud: LocalCloud) -> Forget:
    """Run the command with what `source .local/cloud.env` sets, and nobody to ask."""

    def run(
        *arguments: str, answer: str = "", environment: Mapping[str, str] = NOTHING
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "operations.forget", "--stack", STACK_NAME, *arguments],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], **cloud.variables(), **environment},
            input=answer,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_person_is_forgotten_with_all_versions_markers_and_rows_and_nobody_else_is(
    kept: Kept, forget: Forget
) -> None:
    twice, once, other = "forget/live-1.jpg", "forget/spoof.jpg", "forget/live-1.jpg.bob"
    told = [kept.upload(key, "ann-forgotten") for key in (twice, twice, once)]
    kept.s3.delete_object(Bucket=kept.bucket, Key=twice)
    bob = kept.upload(other, "bob-kept")

    forgotten = forget("--subject", "ann-forgotten", "--yes")

    assert (forgotten.returncode, forgotten.stderr) == (0, "")
    assert forgotten.stdout.endswith("Erased 3 picture versions, 1 delete marker and 3 rows.\n")
    assert forgotten.stdout.count("  erased ") == 7
    assert kept.versions(twice) | kept.versions(once) == set()
    assert kept.rows(*told) == [None, None, None]
    assert kept.versions(other) == {bob["version"]}
    assert kept.rows(bob) == ["live"]

    again = forget("--subject", "ann-forgotten", "--yes")

    assert (again.returncode, again.stdout) == (0, "Nothing of it is kept here.\n")


def test_under_a_key_that_two_share_only_the_one_is_forgotten(kept: Kept, forget: Forget) -> None:
    key = "forget/shared.jpg"
    bob, ann = kept.upload(key, "bob-shares"), kept.upload(key, "ann-shares")
    marker = kept.s3.delete_object(Bucket=kept.bucket, Key=key)["VersionId"]

    forgotten = forget("--subject", "ann-shares", "--yes")

    assert "Somebody else's pictures under the same key stay" in forgotten.stdout
    assert "bob-shares" not in forgotten.stdout
    assert kept.versions(key) == {bob["version"], marker}
    assert kept.rows(ann, bob) == [None, "live"]


def test_an_object_is_forgotten_whatever_its_key(kept: Kept, forget: Forget) -> None:
    names = {"Bucket": kept.bucket, "Key": HOSTILE, "Body": kept.selfie}
    told = [kept.answer_to(kept.s3.put_object(**names)["VersionId"]).facts for _ in range(2)]

    forgotten = forget("--object", f"s3://{kept.bucket}/{HOSTILE}", "--yes")

    assert (forgotten.returncode, forgotten.stderr) == (0, "")
    assert forgotten.stdout.endswith("Erased 2 picture versions, 0 delete markers and 2 rows.\n")
    assert all(each.isprintable() for each in forgotten.stdout.splitlines())
    assert kept.versions(HOSTILE) == set()
    assert kept.rows(*told) == [None, None]


@pytest.mark.parametrize(("answer", "erased"), [("yes\n", True), ("no\n", False), ("", False)])
def test_it_asks_and_takes_only_yes(kept: Kept, forget: Forget, answer: str, erased: bool) -> None:
    key = f"forget/asked-{answer.strip()}.jpg"
    told = kept.upload(key)

    asked = forget("--object", told["object"], answer=answer)

    assert "Erase 1 picture version, 0 delete markers and 1 row for good? (yes/no)" in asked.stdout
    assert kept.versions(key) == (set() if erased else {told["version"]})
    assert asked.returncode == (0 if erased else 1)
    assert ("Nothing was erased." in asked.stdout) is not erased


def test_an_object_of_another_bucket_is_refused(s3: Any, selfie: bytes, forget: Forget) -> None:
    s3.create_bucket(Bucket="not-of-this-stack")
    s3.put_object(Bucket="not-of-this-stack", Key="kept.jpg", Body=selfie)

    refused = forget("--object", "s3://not-of-this-stack/kept.jpg", "--yes")

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("'s3://not-of-this-stack/kept.jpg' is no object of this stack")
    assert refused.stderr.count("\n") == 1
    assert s3.head_object(Bucket="not-of-this-stack", Key="kept.jpg")


def test_what_aws_refuses_is_one_line_and_a_status(cloud: LocalCloud, forget: Forget) -> None:
    iam: Any = cloud.engine.session.client("iam", endpoint_url=cloud.engine.url)
    allowed = {"Effect": "Allow", "Action": "cloudformation:DescribeStacks", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.create_user(UserName="forgets-nobody")
    iam.put_user_policy(UserName="forgets-nobody", PolicyName="look", PolicyDocument=policy)
    key = iam.create_access_key(UserName="forgets-nobody")["AccessKey"]
    as_user = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }

    refused = forget("--subject", "ann", "--yes", environment=as_user)

    assert refused.returncode == 1
    assert "AccessDenied" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert refused.stderr.endswith("Run it again for the rest.\n")
    assert key["SecretAccessKey"] not in refused.stderr
