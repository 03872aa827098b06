"""Every permission of the function is needed: without it some upload gets no answer.

Only what the engine enforces can be seen here; each policy of the role is in one list or the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.cloud import LocalCloud
from local.phone import Phone
from local.subscriber import Announcement
from tests.local_cloud.buckets import suspended_versioning
from tests.local_cloud.table import Table

ENFORCED = [
    "read-the-picture",
    "claim-and-record-the-verdict",
    "mark-the-verdict-announced",
    "announce-the-verdict",
    "sign-for-tencent-cloud",
]
SUSPENDED = "read-the-picture-where-versioning-is-suspended"
# Without the first, messages come back late: test_retries.py sees them come back in time.
SEEN_ELSEWHERE = ["set-when-to-come-back"]
# The engine writes logs, polls the queue and delivers failures to it as itself, knows no X-Ray, and
# tells what is gone from what is forbidden to anybody.
NOT_ENFORCED = [
    "log",
    "trace",
    "come-back-through-the-queue",
    "work-on-the-queue",
    "tell-a-picture-that-is-gone-from-a-forbidden-one",
]
SILENT_SECONDS = 3.0


@contextmanager
def without(cloud: LocalCloud, policy: str) -> Iterator[None]:
    """Take one policy away from the function's role, and from its caches."""
    iam: Any = cloud.engine.session.client("iam", endpoint_url=cloud.engine.url)
    functions = cloud.engine.session.client("lambda", endpoint_url=cloud.engine.url)
    name = cloud.outputs["CheckLivenessFunctionName"]
    role = functions.get_function(FunctionName=name)["Configuration"]["Role"].rpartition("/")[2]
    held = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    # A changed configuration starts new sandboxes, which have not cached the secret.
    functions.update_function_configuration(FunctionName=name, Description=f"without {policy}")
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(held))
        functions.update_function_configuration(FunctionName=name, Description="")


@pytest.mark.parametrize("policy", ENFORCED)
def test_without_any_one_permission_an_upload_is_not_answered_and_marked(
    policy: str,
    cloud: LocalCloud,
    phone: Phone,
    selfie: bytes,
    table: Table,
) -> None:
    key = f"permissions/live-{policy}.jpg"
    with without(cloud, policy):
        version = phone.upload(key, selfie)
        row = table.row_that(
            lambda row: "announced_at" in row,
            {"object": f"s3://{phone.bucket}/{key}", "version": version},
            within=SILENT_SECONDS,
        )

    assert "announced_at" not in row


def test_without_its_permission_an_upload_that_has_no_version_is_not_answered(
    cloud: LocalCloud, phone: Phone, selfie: bytes, table: Table
) -> None:
    s3 = cloud.engine.session.client("s3", endpoint_url=cloud.engine.url)
    with without(cloud, SUSPENDED), suspended_versioning(s3, phone.bucket):
        etag = s3.put_object(Bucket=phone.bucket, Key="permissions/live", Body=selfie)["ETag"]
        key = {"object": f"s3://{phone.bucket}/permissions/live", "version": f"etag:{etag[1:-1]}"}
        row = table.row_that(lambda row: "outcome" in row, key, within=SILENT_SECONDS)

    assert row
    assert "outcome" not in row


def test_with_all_of_them_it_is(
    phone: Phone, selfie: bytes, answer_to: Callable[[str], Announcement], table: Table
) -> None:
    told = answer_to(phone.upload("permissions/live.jpg", selfie)).facts

    assert table.row_that(lambda row: "announced_at" in row, told, within=SILENT_SECONDS)


def test_every_policy_of_the_role_is_accounted_for(cloud: LocalCloud) -> None:
    iam: Any = cloud.engine.session.client("iam", endpoint_url=cloud.engine.url)
    functions = cloud.engine.session.client("lambda", endpoint_url=cloud.engine.url)
    name = cloud.outputs["CheckLivenessFunctionName"]
    role = functions.get_function(FunctionName=name)["Configuration"]["Role"].rpartition("/")[2]

    assert set(iam.list_role_policies(RoleName=role)["PolicyNames"]) == {
        *ENFORCED,
        SUSPENDED,
        *SEEN_ELSEWHERE,
        *NOT_ENFORCED,
    }
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
