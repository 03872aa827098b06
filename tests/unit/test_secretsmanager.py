"""Credentials from the secret."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from liveness.aws.secretsmanager import KEPT_FOR, SecretCredentials
from liveness.errors import CredentialsMissing, StorageFault
from liveness.tencent.signing import Credentials

ARN = "arn:aws:secretsmanager:::secret:ours"
GOOD = {"SecretId": "AKIDEXAMPLE", "SecretKey": "example"}
NEWER = json.dumps(GOOD | {"SecretKey": "new", "Token": "t"})


class Secrets:
    """Secrets Manager in memory: one answer after the other."""

    def __init__(self, *answers: str | Exception | None) -> None:
        self.answers = list(answers)

    def get_secret_value(self, *, SecretId: str) -> dict[str, str]:  # noqa: N803  # as boto3
        assert SecretId == ARN
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {} if answer is None else {"SecretString": answer}


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def kept_by(secrets: Secrets, clock: Clock | None = None) -> SecretCredentials:
    return SecretCredentials(secrets, ARN, clock=clock or Clock())  # type: ignore[arg-type]  # what is used of it


def credentials(*answers: str | Exception | None) -> SecretCredentials:
    return kept_by(Secrets(*answers))


def test_the_secret_is_fetched_once_and_kept() -> None:
    ours = credentials(json.dumps(GOOD))

    assert ours.current() == ours.current() == Credentials("AKIDEXAMPLE", "example")


def test_the_secret_is_fetched_again_after_minutes() -> None:
    clock = Clock()
    ours = kept_by(Secrets(json.dumps(GOOD), NEWER), clock)
    ours.current()

    clock.time += KEPT_FOR.total_seconds() - 1
    assert ours.current().secret_key == "example"
    clock.time += 1
    assert ours.current().secret_key == "new"


def test_a_renewed_secret_replaces_the_kept_one() -> None:
    ours = credentials(json.dumps(GOOD), NEWER)
    ours.current()

    assert ours.renewed() == Credentials("AKIDEXAMPLE", "new", "t")
    assert ours.current().secret_key == "new"


def test_what_cannot_be_used_is_not_kept() -> None:
    ours = credentials("{}", json.dumps(GOOD))

    with pytest.raises(CredentialsMissing):
        ours.current()
    assert ours.current().secret_id == "AKIDEXAMPLE"


@pytest.mark.parametrize(
    "text",
    [None, "", "{}", "[]", "null", '"text"', "{", '{"SecretId": "a"}',
     '{"SecretId": 1, "SecretKey": 2}', '{"SecretId": "", "SecretKey": "b"}',
     '{"SecretId": "a b", "SecretKey": "topsecret"}'],
)  # fmt: skip
def test_a_secret_of_another_shape_is_missing_and_its_text_is_not_told(text: str | None) -> None:
    with pytest.raises(CredentialsMissing) as refused:
        credentials(text).current()

    assert "topsecret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_secret_without_a_value_says_how_to_fill_it() -> None:
    empty = ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")

    with pytest.raises(CredentialsMissing, match="make secret"):
        credentials(empty).current()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue"),
         "AccessDeniedException"),
        (ConnectTimeoutError(endpoint_url="https://x"), "ConnectTimeoutError"),
    ],
)  # fmt: skip
def test_a_secret_that_cannot_be_read_is_a_fault_of_the_storage(
    error: Exception, code: str
) -> None:
    with pytest.raises(StorageFault) as fault:
        credentials(error).current()

    assert (fault.value.service, fault.value.code) == ("secretsmanager", code)
