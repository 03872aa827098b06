"""Polling for what happens in a cloud sooner or later."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

_POLL_SECONDS = 0.1


def wait_until(condition: Callable[[], bool], *, within: float = 30.0, what: str = "") -> None:
    """Poll until the condition holds; fail the test, naming `what`, after `within` seconds."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {within:g} s: {what or 'the condition'}")
        time.sleep(_POLL_SECONDS)
