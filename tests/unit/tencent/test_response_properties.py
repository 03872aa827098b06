"""Every byte sequence ends in an exception of the tree, or in a detection that it states."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from liveness.errors import DetectionError, ImageRejectedByServiceError
from liveness.models import Action
from liveness.tencent.response import parse_response
from tests.unit.tencent.fakes import ACCURATE, LIVE_3, SPOOF_2, body_of

PLAIN = Action.DETECT_LIVE_FACE

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["2.0", "3.0", "InternalError", "FailedOperation.ImageDecodeFailed"]),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)
response_fields = st.dictionaries(
    st.sampled_from(["Score", "IsLiveness", "FaceModelVersion", "RequestId", "Error", "Code"]),
    st.one_of(values, st.fixed_dictionaries({"Code": values, "Message": values})),
)
near_responses = st.one_of(
    response_fields.map(lambda response: json.dumps({"Response": response}).encode()),
    values.map(lambda value: json.dumps(value).encode()),
    st.tuples(st.sampled_from([LIVE_3, SPOOF_2, ACCURATE]), response_fields).map(
        lambda pair: json.dumps({"Response": pair[0] | pair[1]}).encode()
    ),
)


def stated(content: bytes) -> dict[str, Any]:
    response: dict[str, Any] = json.loads(content)["Response"]
    return response


@settings(deadline=None)
@given(st.one_of(st.binary(), near_responses), st.sampled_from(Action))
@example(b'{"Response":{"Score":1e400,"FaceModelVersion":"2.0","RequestId":"r"}}', PLAIN)
def test_any_bytes_raise_an_error_of_the_tree_or_give_the_detection_that_they_state(
    content: bytes, action: Action
) -> None:
    try:
        response = parse_response(content, action)
    except (ImageRejectedByServiceError, DetectionError) as error:
        str(error).encode()
        return
    fields = stated(content)
    detection = response.detection()
    assert "Error" not in fields
    assert detection.action is action
    assert detection.request_id == fields["RequestId"]
    assert detection.face_model_version == fields["FaceModelVersion"]
    if action is PLAIN and fields["FaceModelVersion"] == "3.0":
        assert detection.is_liveness is fields["IsLiveness"]
        assert detection.score is None
    else:
        assert detection.is_liveness is None
        assert detection.score is not None
        assert float(detection.score) == fields["Score"]
        assert 0 <= detection.score <= 100


@settings(deadline=None)
@given(st.data())
def test_a_response_with_changed_bytes_gives_the_detection_that_it_states_or_none(
    data: st.DataObject,
) -> None:
    content = bytearray(data.draw(st.sampled_from([body_of(LIVE_3), body_of(SPOOF_2)])))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    try:
        detection = parse_response(bytes(content), PLAIN).detection()
    except (ImageRejectedByServiceError, DetectionError):
        return
    fields = stated(bytes(content))
    by_flag = fields["FaceModelVersion"] == "3.0"
    assert detection.is_liveness is (fields["IsLiveness"] if by_flag else None)
    assert (None if by_flag else fields["Score"]) == (
        None if detection.score is None else float(detection.score)
    )
