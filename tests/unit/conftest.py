"""Unit tests open no sockets, and the speed of a busy machine decides none of them."""

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket

settings.register_profile("unit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# `pytest -p tests.fuzz.thorough` has loaded its own profile by now.
if settings.get_current_profile_name() != "thorough":
    settings.load_profile("unit")


@pytest.fixture(autouse=True)
def _no_sockets() -> None:
    disable_socket()
