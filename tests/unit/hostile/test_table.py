"""docs/security.md counts the hostile inputs of the tests, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.security_page import COMMAND, section
from tests.unit.hostile.table import CLASSES, HostileInputs, bad_inputs

MINIMUM = 300


def inputs_of(test: Any) -> list[Any]:
    """The inputs that a test is parametrised with."""
    ((mark),) = test.pytestmark
    return list(mark.args[1])


@pytest.mark.parametrize("inputs", CLASSES, ids=[each.test.__name__ for each in CLASSES])
def test_each_input_of_a_class_is_tested(inputs: HostileInputs) -> None:
    assert inputs_of(inputs.test) == list(inputs.inputs.values())
    assert set(inputs.through_the_cloud) <= set(inputs.inputs)
    assert bool(inputs.through_the_cloud) == bool(inputs.cloud_test)


def test_there_are_hundreds_of_inputs_and_no_two_are_equal() -> None:
    every = [(each.what, repr(value)) for each in CLASSES for value in each.inputs.values()]

    assert len(every) >= MINIMUM
    assert len(set(every)) == len(every)


def test_the_page_has_their_table() -> None:
    assert section("bad inputs") == bad_inputs(), f"run `{COMMAND}`"
