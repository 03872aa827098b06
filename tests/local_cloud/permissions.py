"""The function's role, as an administrator changes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from local.cloud import LocalCloud
from tests.local_cloud.settings import function_settings

# Sandboxes cache what these permit: a changed environment starts new ones.
_CACHED = {"read-tencent-secret"}


@contextmanager
def without_policy(cloud: LocalCloud, policy: str) -> Iterator[None]:
    """Remove one policy from the function's role until the end of the block."""
    iam, role = cloud.client("iam"), function_role(cloud)
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    new_sandboxes = function_settings(cloud, WITHOUT_POLICY=policy)
    try:
        with new_sandboxes if policy in _CACHED else nullcontext():
            yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


def function_role(cloud: LocalCloud) -> str:
    """The name of the function's role."""
    name = cloud.outputs["CheckLivenessFunctionName"]
    configuration = cloud.client("lambda").get_function(FunctionName=name)["Configuration"]
    role: str = configuration["Role"].rpartition("/")[2]
    return role


def role_policies(cloud: LocalCloud) -> list[str]:
    """The names of the inline policies of the function's role."""
    response = cloud.client("iam").list_role_policies(RoleName=function_role(cloud))
    names: list[str] = response["PolicyNames"]
    return names
