"""The function's environment, changed for a time and without a deployment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.cloud import LocalCloud

_SETTLES_WITHIN_SECONDS = 10.0
_POLL_SECONDS = 0.1


@contextmanager
def settings(cloud: LocalCloud, **variables: str) -> Iterator[None]:
    """Start new sandboxes with these variables until the end of the block."""
    functions: Any = cloud.engine.session.client("lambda", endpoint_url=cloud.engine.url)
    name = cloud.outputs["CheckLivenessFunctionName"]
    held = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def set_to(environment: dict[str, str]) -> None:
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": environment}
        )
        end = time.monotonic() + _SETTLES_WITHIN_SECONDS
        while functions.get_function_configuration(FunctionName=name)["LastUpdateStatus"] != (
            "Successful"
        ):
            assert time.monotonic() < end, "the function's settings do not take effect"
            time.sleep(_POLL_SECONDS)

    set_to(held | variables)
    try:
        yield
    finally:
        set_to(held)
