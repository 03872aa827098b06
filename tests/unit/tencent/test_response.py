"""Parsing responses: nothing but what the response states becomes a detection."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from liveness.errors import (
    DetectionError,
    RequestRefusedError,
    ServiceUnreachableError,
    TransientError,
    UnknownModelError,
)
from liveness.models import Action, Detection
from liveness.tencent.error_codes import UNKNOWN_MODEL
from liveness.tencent.response import (
    DetectLiveFaceResponse,
    parse_response,
)
from tests.unit.tencent.fakes import ACCURATE, LIVE_3, SPOOF_2, body_of, error

PLAIN = Action.DETECT_LIVE_FACE
SUCCESSOR = Action.DETECT_LIVE_FACE_ACCURATE


def code_of(content: bytes, action: Action = PLAIN) -> str:
    with pytest.raises(DetectionError) as caught:
        parse_response(content, action)
    return caught.value.response.code


def test_the_example_of_the_api_document_is_parsed() -> None:
    content = b"""{
      "Response": {
        "Score": 99,
        "IsLiveness": true,
        "FaceModelVersion": "3.0",
        "RequestId": "048a5eb3-f7a9-4c1f-a982-00e90b6b892c"
      }
    }"""
    request_id = "048a5eb3-f7a9-4c1f-a982-00e90b6b892c"
    response = parse_response(content, PLAIN)
    assert response == DetectLiveFaceResponse(Decimal(99), True, "3.0", request_id)
    assert response.detection() == Detection(PLAIN, "3.0", request_id, is_liveness=True)


def test_model_2_is_detected_by_its_score_alone() -> None:
    detection = parse_response(body_of(SPOOF_2), PLAIN).detection()
    assert detection == Detection(PLAIN, "2.0", "r-spoof", score=Decimal(12))


def test_the_successor_is_detected_by_its_score() -> None:
    response = parse_response(body_of(ACCURATE), SUCCESSOR)
    assert response == DetectLiveFaceResponse(
        Decimal("61.25"), None, "3.0", "r-accurate", Action.DETECT_LIVE_FACE_ACCURATE
    )
    assert response.detection() == Detection(SUCCESSOR, "3.0", "r-accurate", score=Decimal("61.25"))


def test_a_field_that_does_not_decide_may_be_missing_or_malformed() -> None:
    by_flag = parse_response(body_of(LIVE_3 | {"Score": "high"}), PLAIN)
    assert by_flag == DetectLiveFaceResponse(None, True, "3.0", "r-live")
    by_score = parse_response(body_of(SPOOF_2 | {"IsLiveness": 1}), PLAIN)
    assert by_score == DetectLiveFaceResponse(Decimal(12), None, "2.0", "r-spoof")


@pytest.mark.parametrize("score", ["0", "100", "87.00000000000001", "1E+2", "1e-20", "0.0"])
def test_a_score_is_parsed_exactly(score: str) -> None:
    content = body_of(SPOOF_2).replace(b'"Score": 12', b'"Score": ' + score.encode())
    assert parse_response(content, PLAIN).score == Decimal(score)


def test_a_score_of_minus_zero_is_zero() -> None:
    score = parse_response(body_of(SPOOF_2 | {"Score": -0.0}), PLAIN).score
    assert str(score) == "0.0"


@pytest.mark.parametrize(
    "score",
    [
        "-0.1",
        "100.1",
        "true",
        '"99"',
        "null",
        "[99]",
        "1e999",
        "0." + "1" * 39,
        "1e-93",
        "9" * 9999,
    ],
)
@pytest.mark.parametrize("action", Action)
def test_a_deciding_score_must_be_a_number_from_0_to_100(action: Action, score: str) -> None:
    fields = SPOOF_2 if action is PLAIN else ACCURATE
    written = json.dumps(fields["Score"])
    content = body_of(fields).replace(f'"Score": {written}'.encode(), f'"Score": {score}'.encode())
    assert code_of(content, action) == "NoAnswer.WrongShape"


@pytest.mark.parametrize("score", ["NaN", "Infinity", "-Infinity", "1e9999999999999999999", "0x1"])
def test_an_invalid_json_number_makes_the_response_invalid(score: str) -> None:
    content = body_of(LIVE_3).replace(b"99.5", score.encode())
    assert code_of(content) == "NoAnswer.NotJson"


@pytest.mark.parametrize("flag", [1, 0, "true", None, [], {}])
def test_is_liveness_must_be_a_boolean(flag: object) -> None:
    assert code_of(body_of(LIVE_3 | {"IsLiveness": flag})) == "NoAnswer.WrongShape"


@pytest.mark.parametrize("version", ["1.0", "3", 3.0, None, "", "3.0 "])
@pytest.mark.parametrize("action", Action)
def test_an_answer_of_an_unknown_face_model_is_not_worth_another_request(
    action: Action, version: object
) -> None:
    fields = LIVE_3 | {"FaceModelVersion": version}
    with pytest.raises(UnknownModelError) as raised:
        parse_response(body_of(fields), action, attempts=2)
    assert raised.value.response.code == UNKNOWN_MODEL
    assert raised.value.response.request_id == LIVE_3["RequestId"]
    assert raised.value.is_final


def test_an_answer_without_a_model_is_of_an_unknown_one() -> None:
    fields = {name: value for name, value in LIVE_3.items() if name != "FaceModelVersion"}
    assert code_of(body_of(fields)) == UNKNOWN_MODEL


def test_the_successor_has_no_model_2() -> None:
    assert code_of(body_of(SPOOF_2), SUCCESSOR) == UNKNOWN_MODEL


@pytest.mark.parametrize("field", ["IsLiveness", "RequestId"])
def test_a_response_with_a_missing_field_is_no_detection(field: str) -> None:
    fields = {name: value for name, value in LIVE_3.items() if name != field}
    assert code_of(body_of(fields)) == "NoAnswer.WrongShape"


@pytest.mark.parametrize("request_id", [7, None, "", "a" * 129, "two\nlines", "é", "\ud800"])
def test_a_request_id_that_cannot_be_logged_counts_as_missing(request_id: object) -> None:
    assert code_of(body_of(LIVE_3 | {"RequestId": request_id})) == "NoAnswer.WrongShape"


def test_the_error_for_an_incomplete_response_has_its_request_id() -> None:
    with pytest.raises(ServiceUnreachableError) as caught:
        parse_response(body_of({"RequestId": "r-1"}), PLAIN, attempts=3)
    assert caught.value.response.request_id == "r-1"
    assert caught.value.response.attempts == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        body_of(LIVE_3)[:-1],
        body_of(LIVE_3) + b"}",
        b"\xff\xfe" + body_of(LIVE_3),
        body_of(LIVE_3).decode().encode("utf-16"),
        b"\xef\xbb\xbf" + body_of(LIVE_3),
        b"[" * 60_000,
        b'{"Response":' * 5_000,
        body_of(LIVE_3).replace(b'"IsLiveness"', b'"IsLiveness": false, "IsLiveness"'),
    ],
    ids=["empty", "html", "cut", "more", "bytes", "utf16", "bom", "deep", "nested", "twice"],
)
def test_a_body_that_is_not_one_json_text_is_no_answer(content: bytes) -> None:
    assert code_of(content) == "NoAnswer.NotJson"


@pytest.mark.parametrize(
    "content",
    [b"null", b"[]", b"1", b'"Response"', b"{}", b'{"Response": null}', b'{"Response": []}'],
)
def test_json_of_another_shape_is_no_answer(content: bytes) -> None:
    assert code_of(content) == "NoAnswer.WrongShape"


@pytest.mark.parametrize(
    "error",
    [None, [], "InternalError", {}, {"Code": None}, {"Code": ""}, {"Code": "a" * 129}],
)
def test_an_error_without_a_code_is_no_answer_even_beside_a_detection(error: object) -> None:
    assert code_of(body_of(LIVE_3 | {"Error": error})) == "NoAnswer.WrongShape"


def test_an_error_beside_a_detection_is_an_error() -> None:
    error = {"Code": "InternalError", "Message": "a message"}
    with pytest.raises(TransientError) as caught:
        parse_response(body_of(LIVE_3 | {"Error": error}), PLAIN, attempts=2)
    response = caught.value.response
    assert (response.code, response.message, response.request_id, response.attempts) == (
        "InternalError",
        "a message",
        "r-live",
        2,
    )


def test_an_error_without_message_and_request_id_keeps_its_kind() -> None:
    with pytest.raises(RequestRefusedError) as caught:
        parse_response(body_of({"Error": {"Code": "InvalidParameter"}}), PLAIN)
    assert caught.value.response.message == "(no message)"
    assert caught.value.response.request_id is None


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        (
            "get https://b.example/k.jpg?X-Amz-Signature=ab failed",
            "get https://b.example/k.jpg?… failed",
        ),
        (
            "get https%3A%2F%2Fb%2Fk%3FX-Amz-Signature%3Dab failed",
            "get https%3A%2F%2Fb%2Fk?… failed",
        ),
        ("picture " + "QUJD" * 20, "picture …"),
        ("two\nlines\x1b[31m\ud800", "two lines [31m "),
        ("图片下载错误", "图片下载错误"),
        ("word " * 100, ("word " * 100)[:300]),
    ],
)
def test_a_message_is_redacted_of_what_it_quotes_of_the_request(message: str, kept: str) -> None:
    with pytest.raises(DetectionError) as caught:
        parse_response(error("InternalError", message), PLAIN)
    assert caught.value.response.message == kept
