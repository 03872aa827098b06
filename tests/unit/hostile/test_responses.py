"""No hostile response becomes a verdict, or writes its own text into logs."""

from __future__ import annotations

import pytest

from liveness.errors import LivenessError
from liveness.models import Action
from liveness.tencent.response import parse_response
from tests.unit.hostile.responses import RESPONSES

LONGEST_TEXT = 700


@pytest.mark.parametrize("content", RESPONSES.values(), ids=RESPONSES)
def test_a_response_without_a_detection_is_an_error_of_the_tree(content: bytes) -> None:
    with pytest.raises(LivenessError) as error:
        parse_response(content, Action.DETECT_LIVE_FACE)

    text = str(error.value)
    assert text.isprintable()
    assert len(text) <= LONGEST_TEXT
    assert "X-Amz-" not in text
    assert "iVBORw0KGgoiVBORw0KGgo" not in text
