"""Credentials from the secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.parameters.base import BaseProvider
from botocore.exceptions import ClientError, ConnectTimeoutError

from liveness.aws.secretsmanager import SecretCredentials
from liveness.errors import CredentialsMissing, StorageFault
from liveness.tencent.signing import Credentials

GOOD = {"SecretId": "AKIDEXAMPLE", "SecretKey": "example"}


class Secrets(BaseProvider):
    """Powertools' provider over a secret in memory."""

    def __init__(self, *answers: str | Exception) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Powertools leaves it bare
        self.answers = list(answers)

    def _get(self, name: str, **_options: Any) -> str:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _get_multiple(self, path: str, **_options: Any) -> dict[str, str]:
        raise NotImplementedError


def credentials(*answers: str | Exception) -> SecretCredentials:
    return SecretCredentials(Secrets(*answers), "arn:aws:secretsmanager:::secret:ours")


def test_the_secret_is_fetched_once_and_kept() -> None:
    ours = credentials(json.dumps(GOOD))

    assert ours.current() == ours.current() == Credentials("AKIDEXAMPLE", "example")


def test_a_renewed_secret_replaces_the_kept_one() -> None:
    ours = credentials(json.dumps(GOOD), json.dumps(GOOD | {"SecretKey": "new", "Token": "t"}))
    ours.current()

    assert ours.renewed() == Credentials("AKIDEXAMPLE", "new", "t")
    assert ours.current().secret_key == "new"


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '"text"', "{", '{"SecretId": "a"}', '{"SecretId": 1, "SecretKey": 2}',
     '{"SecretId": "", "SecretKey": "b"}', '{"SecretId": "a b", "SecretKey": "topsecret"}'],
)  # fmt: skip
def test_a_secret_of_another_shape_is_missing_and_its_text_is_not_told(text: str) -> None:
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
