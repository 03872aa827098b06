"""`make forget`, as an operator runs it: everything of one person or object, nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.cloud import LocalCloud
from tests.local_cloud.stored_data import Forget, Stored, empty_queues, forget, s3, stored

__all__ = ["empty_queues", "forget", "s3", "stored"]

# Control characters too, but the emulator cannot list them.
HOSTILE = "forget/../ %2e\u202e\U0001f642?versionId=1#"


def test_of_a_person_all_versions_markers_and_rows_are_erased_and_of_nobody_else(
    stored: Stored, forget: Forget
) -> None:
    twice, once, other = "forget/live-1.jpg", "forget/spoof.jpg", "forget/live-1.jpg.bob"
    records = [stored.upload(key, "ann-forgotten") for key in (twice, twice, once)]
    stored.s3.delete_object(Bucket=stored.bucket, Key=twice)
    bob = stored.upload(other, "bob-stays")

    done = forget("--subject", "ann-forgotten", "--yes")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Erased 3 picture versions, 1 delete marker and 3 rows.\n")
    assert done.stdout.count("  erased ") == 7
    assert stored.versions(twice) | stored.versions(once) == set()
    assert stored.rows(*records) == [None, None, None]
    assert stored.versions(other) == {bob["version"]}
    assert stored.rows(bob) == ["live"]

    again = forget("--subject", "ann-forgotten", "--yes")

    assert (again.returncode, again.stdout) == (0, "Nothing to erase was found.\n")


@pytest.mark.parametrize(
    "stored_as",
    # Sent as UTF-8 in a header, which S3 reads as Latin-1, or encoded by the app itself.
    ["=?UTF-8?B?am9zw4PCqQ==?=", "=?UTF-8?Q?jos=C3=A9?="],
)
def test_a_person_is_found_by_the_subject_that_the_app_sent_as_s3_returns_it(
    stored: Stored, forget: Forget, stored_as: str
) -> None:
    record = stored.upload("forget/live-josé.jpg", stored_as)

    done = forget("--subject", "josé", "--yes")

    assert record["subject"] == "josé"
    assert done.stdout.endswith("Erased 1 picture version and 1 row.\n")
    assert stored.rows(record) == [None]


def test_under_a_key_of_two_people_only_one_persons_items_are_erased(
    stored: Stored, forget: Forget
) -> None:
    key = "forget/shared.jpg"
    bob, ann = stored.upload(key, "bob-shares"), stored.upload(key, "ann-shares")
    marker = stored.s3.delete_object(Bucket=stored.bucket, Key=key)["VersionId"]

    done = forget("--subject", "ann-shares", "--yes")

    stays = f"  picture version: s3://{stored.bucket}/{key} (version {bob['version']})\n"
    assert done.stdout.count(stays) == 1
    assert "bob-shares" not in done.stdout
    assert stored.versions(key) == {bob["version"], marker}
    assert stored.rows(ann, bob) == [None, "live"]


def test_an_object_is_erased_whatever_its_key(stored: Stored, forget: Forget) -> None:
    names = {"Bucket": stored.bucket, "Key": HOSTILE, "Body": stored.selfie}
    records = [
        stored.wait_for_notification(stored.s3.put_object(**names)["VersionId"]).record
        for _ in range(2)
    ]

    done = forget("--object", f"s3://{stored.bucket}/{HOSTILE}", "--yes")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Erased 2 picture versions and 2 rows.\n")
    assert all(each.isprintable() for each in done.stdout.splitlines())
    assert stored.versions(HOSTILE) == set()
    assert stored.rows(*records) == [None, None]


@pytest.mark.parametrize(("answer", "erased"), [("yes\n", True), ("no\n", False), ("", False)])
def test_it_asks_and_erases_only_after_a_yes(
    stored: Stored, forget: Forget, answer: str, erased: bool
) -> None:
    key = f"forget/asked-{answer.strip()}.jpg"
    record = stored.upload(key)

    done = forget("--object", record["object"], answer=answer)

    question = "Erase 1 picture version and 1 row permanently? (yes/no)"
    assert question in done.stdout
    assert stored.versions(key) == (set() if erased else {record["version"]})
    assert done.returncode == (0 if erased else 1)
    assert ("Nothing was erased." in done.stdout) is not erased


def test_an_object_of_another_bucket_is_refused(s3: Any, selfie: bytes, forget: Forget) -> None:
    s3.create_bucket(Bucket="not-of-this-stack")
    s3.put_object(Bucket="not-of-this-stack", Key="stays.jpg", Body=selfie)

    refused = forget("--object", "s3://not-of-this-stack/stays.jpg", "--yes")

    assert refused.returncode == 1
    assert refused.stdout == ""
    name = "'s3://not-of-this-stack/stays.jpg'"
    assert refused.stderr.startswith(f"{name} is no object of this stack")
    assert refused.stderr.count("\n") == 1
    assert s3.head_object(Bucket="not-of-this-stack", Key="stays.jpg")


def test_a_refused_permission_is_one_line_with_where_permissions_are_listed(
    cloud: LocalCloud, forget: Forget
) -> None:
    iam = cloud.client("iam")
    allowed = {"Effect": "Allow", "Action": "cloudformation:DescribeStacks", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.create_user(UserName="may-not-forget")
    iam.put_user_policy(
        UserName="may-not-forget", PolicyName="describe-stacks", PolicyDocument=policy
    )
    key = iam.create_access_key(UserName="may-not-forget")["AccessKey"]
    as_user = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }

    refused = forget("--subject", "ann", "--yes", environment=as_user)

    assert refused.returncode == 1
    assert "AccessDenied" in refused.stderr
    assert "docs/operating.md#permissions" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert key["SecretAccessKey"] not in refused.stderr
