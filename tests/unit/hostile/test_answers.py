"""No answer becomes a verdict that it does not state, and none speaks through our logs."""

from __future__ import annotations

import pytest

from liveness.errors import LivenessError
from liveness.model import Action
from liveness.tencent.answer import read_answer
from tests.unit.hostile.answers import ANSWERS

LONGEST_TEXT = 700


@pytest.mark.parametrize("content", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_states_no_verdict_is_a_fault_of_the_tree(content: bytes) -> None:
    with pytest.raises(LivenessError) as fault:
        read_answer(content, Action.DETECT_LIVE_FACE)

    text = str(fault.value)
    assert text.isprintable()
    assert len(text) <= LONGEST_TEXT
    assert "X-Amz-" not in text
    assert "iVBORw0KGgoiVBORw0KGgo" not in text
