"""``make secret``: where the key comes from, and what the function then reads."""

from __future__ import annotations

import pytest

from liveness.errors import CredentialsMissing
from liveness.tencent.credentials import from_secret
from liveness.tencent.signing import Credentials
from operations.secret import ask, secret_of


def nobody(question: str) -> str:
    raise AssertionError(f"asked for {question}")


def test_the_environment_is_taken_without_a_question() -> None:
    environment = {"TENCENTCLOUD_SECRET_ID": "AKID", "TENCENTCLOUD_SECRET_KEY": "key"}

    assert ask(environment, nobody) == Credentials("AKID", "key")
    assert ask(environment | {"TENCENTCLOUD_TOKEN": "t"}, nobody) == Credentials("AKID", "key", "t")


def test_a_person_is_asked_where_the_environment_is_empty() -> None:
    answers = iter([" AKID ", "key\n", ""])

    assert ask({}, lambda _question: next(answers)) == Credentials("AKID", "key")


def test_half_a_key_is_refused() -> None:
    with pytest.raises(CredentialsMissing, match="SecretKey"):
        ask({"TENCENTCLOUD_SECRET_ID": "AKID"}, nobody)


@pytest.mark.parametrize("token", [None, "temporary"])
def test_what_is_put_into_the_secret_is_what_the_function_reads(token: str | None) -> None:
    credentials = Credentials("AKID", "key", token)

    assert from_secret(secret_of(credentials)) == credentials
