"""Every permission of the API's role is needed: without it some request is answered 503 or 403.

Only what the emulator enforces can be shown here; every policy of the role is in one of the lists.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest

from local.cloud import LocalCloud
from tests.local_cloud.permissions import (
    UPLOAD_API,
    role_policies,
    without_action,
    without_policy,
)
from tests.local_cloud.upload_api.people import Person, code_of

UNAVAILABLE = (503, "unavailable")
# The emulator writes logs with its own permissions and has no X-Ray.
NOT_ENFORCED = ["write-logs", "write-traces"]
IDEMPOTENCY = "answer-once-per-idempotency-key"

type Without = AbstractContextManager[None]
type Answer = tuple[int, str]


def starts(person: Person, without: Without, picture: bytes) -> Answer:
    with without:
        return code_of(person.phone.start(len(picture)))


def starts_with_a_key(person: Person, without: Without, picture: bytes) -> Answer:
    with without:
        return code_of(person.phone.start(len(picture), key="a-key"))


def reads(person: Person, without: Without, picture: bytes) -> Answer:
    upload = person.started(picture)
    with without:
        return code_of(person.phone.status(upload["upload_id"]))


def erases(person: Person, without: Without, picture: bytes) -> Answer:
    upload = person.uploaded(picture)
    person.answer(upload)
    with without:
        return code_of(person.phone.erase(upload["upload_id"]))


@dataclass(frozen=True, slots=True)
class Permission:
    """A request that is not served without a policy, or without one of its actions."""

    request: Callable[[Person, Without, bytes], Answer]
    policy: str
    action: str | None = None

    def removed(self, cloud: LocalCloud) -> Without:
        if self.action:
            return without_action(cloud, self.policy, self.action, UPLOAD_API)
        return without_policy(cloud, self.policy, UPLOAD_API)


ENFORCED = [
    Permission(starts, "count-attempts", "dynamodb:GetItem"),
    Permission(starts, "count-attempts", "dynamodb:PutItem"),
    Permission(erases, "count-attempts", "dynamodb:UpdateItem"),
    Permission(starts_with_a_key, IDEMPOTENCY, "dynamodb:PutItem"),
    Permission(starts_with_a_key, IDEMPOTENCY, "dynamodb:UpdateItem"),
    Permission(reads, "read-verdicts"),
    Permission(starts, "read-verdicts-of-subject"),
    Permission(erases, "delete-verdict"),
    Permission(erases, "list-versions-of-picture"),
    Permission(erases, "erase-picture"),
    Permission(starts, "read-digest-key"),
]
OF_THE_FORM = "upload-picture"
OF_THE_DECIDING_FUNCTION = "use-up-form"
NOT_DECIDED_SECONDS = 5


@pytest.mark.parametrize("permission", ENFORCED, ids=lambda each: f"{each.policy} {each.action}")
def test_without_this_permission_a_request_is_not_served(
    permission: Permission, cloud: LocalCloud, person: Person, next_selfie: bytes
) -> None:
    assert permission.request(person, permission.removed(cloud), next_selfie) == UNAVAILABLE


def test_without_its_permission_s3_refuses_the_form(
    cloud: LocalCloud, person: Person, next_selfie: bytes
) -> None:
    upload = person.started(next_selfie)

    with without_policy(cloud, OF_THE_FORM, UPLOAD_API):
        refused = person.phone.send(upload, next_selfie)

    assert refused.status_code == 403
    assert person.phone.send(upload, next_selfie).status_code == 204


def test_without_its_permission_the_deciding_function_judges_no_picture_of_a_form(
    cloud: LocalCloud, person: Person, next_selfie: bytes
) -> None:
    with without_policy(cloud, OF_THE_DECIDING_FUNCTION):
        upload = person.uploaded(next_selfie)
        answer = person.phone.status(upload["upload_id"], wait=NOT_DECIDED_SECONDS)

    assert answer.json()["status"] == "pending"


def test_every_policy_of_the_role_is_in_one_of_the_lists(cloud: LocalCloud) -> None:
    enforced = {permission.policy for permission in ENFORCED}

    assert {*role_policies(cloud, UPLOAD_API)} == {*enforced, OF_THE_FORM, *NOT_ENFORCED}
