"""The roles of the functions, as an administrator changes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from local.cloud import LocalCloud
from tests.local_cloud.settings import function_settings

CHECK_LIVENESS, UPLOAD_API = "CheckLivenessFunctionName", "UploadApiFunctionName"
"""Each function by the stack's output that names it."""

# Sandboxes cache what these permit: a changed environment starts new ones.
_CACHED = {"read-tencent-secret", "read-digest-key"}


@contextmanager
def without_policy(
    cloud: LocalCloud, policy: str, function: str = CHECK_LIVENESS
) -> Iterator[None]:
    """Remove one policy from a function's role until the end of the block."""
    iam, role = cloud.client("iam"), function_role(cloud, function)
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    new_sandboxes = function_settings(cloud, function, WITHOUT_POLICY=policy)
    try:
        with new_sandboxes if policy in _CACHED else nullcontext():
            yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


@contextmanager
def without_action(cloud: LocalCloud, policy: str, action: str, function: str) -> Iterator[None]:
    """Remove one of several actions from a policy until the end of the block."""
    iam, role = cloud.client("iam"), function_role(cloud, function)
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]

    def put(document: Mapping[str, Any]) -> None:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))

    (statement,) = document["Statement"]
    actions = [each for each in statement["Action"] if each != action]
    assert len(actions) == len(statement["Action"]) - 1
    put(document | {"Statement": [statement | {"Action": actions}]})
    try:
        yield
    finally:
        put(document)


def function_role(cloud: LocalCloud, function: str = CHECK_LIVENESS) -> str:
    """The name of a function's role."""
    name = cloud.outputs[function]
    configuration = cloud.client("lambda").get_function(FunctionName=name)["Configuration"]
    role: str = configuration["Role"].rpartition("/")[2]
    return role


def role_policies(cloud: LocalCloud, function: str = CHECK_LIVENESS) -> list[str]:
    """The names of the inline policies of a function's role."""
    response = cloud.client("iam").list_role_policies(RoleName=function_role(cloud, function))
    names: list[str] = response["PolicyNames"]
    return names
