"""Changes of the function's environment for a while, without a deployment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.cloud import LocalCloud

_SETTLES_WITHIN_SECONDS = 10.0
_POLL_SECONDS = 0.1

# The retry schedule of template.yaml, in seconds instead of minutes.
SHORT_SCHEDULE = {"RETRY_FIRST_DELAY_SECONDS": "1", "RETRY_LONGEST_DELAY_SECONDS": "1"}


@contextmanager
def function_settings(
    cloud: LocalCloud, function: str = "CheckLivenessFunctionName", /, **variables: str
) -> Iterator[None]:
    """Start new sandboxes with these environment variables until the end of the block.

    `function` is the stack's output that names it.
    """
    name = cloud.outputs[function]
    configuration = cloud.client("lambda").get_function_configuration(FunctionName=name)
    before = configuration["Environment"]["Variables"]
    configure_function(cloud, function, Environment={"Variables": before | variables})
    try:
        yield
    finally:
        configure_function(cloud, function, Environment={"Variables": before})


def configure_function(
    cloud: LocalCloud, function: str = "CheckLivenessFunctionName", /, **settings: Any
) -> None:
    """Change settings of the function, and wait until new sandboxes have them."""
    functions, name = cloud.client("lambda"), cloud.outputs[function]
    functions.update_function_configuration(FunctionName=name, **settings)
    end = time.monotonic() + _SETTLES_WITHIN_SECONDS
    while functions.get_function_configuration(FunctionName=name)["LastUpdateStatus"] != (
        "Successful"
    ):
        assert time.monotonic() < end, "the function's settings do not take effect"
        time.sleep(_POLL_SECONDS)
