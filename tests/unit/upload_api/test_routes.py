"""Requests as API Gateway sends them, and the answers: statuses, codes, headers, and no score."""

from __future__ import annotations

import json

import pytest

from liveness.errors import AwsServiceError
from liveness.models import Outcome
from tests.unit.upload_api.api import BODY, NOW, Api


def test_a_new_upload_has_a_form(call: Api) -> None:
    answer = call.start()

    assert answer.status == 201
    assert set(answer.body) == {"upload_id", "expires_at", "url", "fields"}
    assert answer.body["expires_at"] == "2026-11-30T12:05:00Z"
    assert answer.body["fields"]["x-amz-meta-subject"] == "ann"


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "{",
        "[]",
        {},
        {"content_type": "image/jpeg"},
        BODY | {"content_type": "image/gif"},
        BODY | {"size": 0},
        BODY | {"size": 3_750_001},
        BODY | {"size": "1000"},
        BODY | {"size": 1.5},
        BODY | {"subject": "bob"},
        BODY | {"key": "selfies/bob/1.jpg"},
        BODY | {"consent_id": ""},
        BODY | {"consent_id": "é"},
        BODY | {"consent_id": "a" * 129},
        BODY | {"consent_id": "a\n"},
    ],
)
def test_an_invalid_body_is_refused_and_not_counted(body: object, call: Api) -> None:
    answer = call("POST", body=body)

    assert answer.is_problem(422, "invalid_request")
    assert call.attempts.histories == {}


def test_a_size_may_be_written_with_a_fraction_of_nothing(call: Api) -> None:
    assert call("POST", body='{"content_type": "image/jpeg", "size": 1000.0}').status == 201


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "image/jpeg", "multipart/form-data", "application/x-www-form-urlencoded"],
)
def test_a_body_that_is_not_json_is_refused(content_type: str, call: Api) -> None:
    answer = call("POST", body=BODY, **{"content-type": content_type})

    assert answer.is_problem(415, "not_json")


def test_a_problem_does_not_quote_what_was_sent(call: Api) -> None:
    answer = call("POST", body=BODY | {"content_type": "image/private-word"})

    assert "private-word" not in answer.response["body"]


@pytest.mark.parametrize("subject", [None, "", " ann", "ann\n", "é", "a" * 256, 7])
def test_a_token_without_a_usable_subject_is_refused(subject: object, call: Api) -> None:
    assert call("POST", body=BODY, subject=subject).is_problem(403, "unusable_subject")


def test_an_open_upload_is_named(call: Api) -> None:
    first = call.start()

    second = call.start()

    assert second.is_problem(409, "upload_open")
    assert second.body["upload_id"] == first.body["upload_id"]
    assert second.header("Retry-After") == "300"


def test_too_many_attempts_say_when_to_come_back(call: Api) -> None:
    for _ in range(2):
        key = call.start().body["fields"]["key"]
        call.verdicts.decide(key, Outcome.LIVE, NOW)

    answer = call.start()

    assert answer.is_problem(429, "too_many_attempts")
    assert answer.header("Retry-After") == "1800"


def test_an_idempotency_key_gives_the_same_upload_again(call: Api) -> None:
    first, second = (call.start(**{"idempotency-key": "k-1"}) for _ in range(2))

    assert first.status == second.status == 201
    assert first.body == second.body
    assert call.start(**{"idempotency-key": "k-2"}).is_problem(409, "upload_open")


def test_what_is_stored_for_an_idempotency_key_has_nothing_of_the_form(call: Api) -> None:
    upload_id = call.start(**{"idempotency-key": "k-1"}).body["upload_id"]

    (record,) = call.records.records.values()
    assert record.response_data == json.dumps(upload_id)


def test_a_refused_request_can_be_repeated_with_its_key(call: Api) -> None:
    first = call.start().body
    assert call.start(**{"idempotency-key": "k-1"}).is_problem(409, "upload_open")
    call.verdicts.decide(first["fields"]["key"], Outcome.RETAKE, NOW)

    assert call.start(**{"idempotency-key": "k-1"}).status == 201


def test_an_idempotency_key_is_one_persons(call: Api) -> None:
    ann = call.start(**{"idempotency-key": "k-1"})
    bob = call("POST", body=BODY, subject="bob", **{"idempotency-key": "k-1"})

    assert bob.status == 201
    assert bob.body["upload_id"] != ann.body["upload_id"]
    assert bob.body["fields"]["x-amz-meta-subject"] == "bob"


def test_an_idempotency_key_with_another_body_is_refused(call: Api) -> None:
    call.start(**{"idempotency-key": "k-1"})

    answer = call("POST", body=BODY | {"size": 2}, **{"idempotency-key": "k-1"})

    assert answer.is_problem(422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "a" * 256, "é", "a b"])
def test_an_unusable_idempotency_key_is_refused(key: str, call: Api) -> None:
    assert call.start(**{"idempotency-key": key}).is_problem(422, "invalid_request")


def test_a_pending_upload_says_until_when_the_picture_may_arrive(call: Api) -> None:
    started = call.start().body

    answer = call("GET", f"/v1/uploads/{started['upload_id']}")

    assert answer.status == 200
    assert answer.body["status"] == "pending"
    assert set(answer.body) == {"upload_id", "status", "expires_at"}
    assert answer.body["expires_at"] == started["expires_at"] == "2026-11-30T12:05:00Z"


def test_an_answer_has_reason_and_advice_and_never_a_score(call: Api) -> None:
    started = call.start().body
    call.verdicts.decide(
        started["fields"]["key"], Outcome.RETAKE, NOW, reason="no_face", advice="Show your face."
    )

    body = call("GET", f"/v1/uploads/{started['upload_id']}", query="wait=20").body

    assert body["status"] == "retake"
    assert (body["reason"], body["advice"]) == ("no_face", "Show your face.")
    assert body["decided_at"] == "2026-11-30T12:00:00.123000Z"
    assert "score" not in json.dumps(body)


@pytest.mark.parametrize("wait", ["-1", "21", "soon", "1.5"])
def test_an_impossible_wait_is_refused(wait: str, call: Api) -> None:
    upload_id = call.start().body["upload_id"]

    answer = call("GET", f"/v1/uploads/{upload_id}", query=f"wait={wait}")

    assert answer.is_problem(422, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_another_persons_upload_is_not_found(method: str, call: Api) -> None:
    upload_id = call.start().body["upload_id"]

    answer = call(method, f"/v1/uploads/{upload_id}", subject="bob")

    assert answer.is_problem(404, "upload_not_found")


@pytest.mark.parametrize("upload_id", ["x", "..", "..%2Fother", "a" * 2000, "u%231"])
def test_an_id_that_was_never_given_is_not_found(upload_id: str, call: Api) -> None:
    assert call("GET", f"/v1/uploads/{upload_id}").status == 404
    assert call("DELETE", f"/v1/uploads/{upload_id}").status == 404
    assert call.pictures.erased == []


def test_an_erased_upload_is_gone(call: Api) -> None:
    upload_id = call.start().body["upload_id"]

    answer = call("DELETE", f"/v1/uploads/{upload_id}")

    assert answer.status == 204
    assert answer.response["body"] == ""
    assert call("GET", f"/v1/uploads/{upload_id}").is_problem(404, "upload_not_found")


def test_an_unknown_path_is_a_problem_too(call: Api) -> None:
    assert call("GET", "/v2/uploads").is_problem(404, "not_found")


def test_a_fault_of_aws_can_be_tried_again(call: Api) -> None:
    call.attempts.error = AwsServiceError("dynamodb", "InternalServerError")

    answer = call.start()

    assert answer.is_problem(503, "unavailable")
    assert answer.header("Retry-After") == "5"
    assert call.problems == [call.attempts.error]


def test_a_request_that_failed_can_be_repeated_with_its_key(call: Api) -> None:
    call.attempts.error = AwsServiceError("dynamodb", "InternalServerError")
    assert call.start(**{"idempotency-key": "k-1"}).status == 503
    call.attempts.error = None

    assert call.start(**{"idempotency-key": "k-1"}).status == 201
