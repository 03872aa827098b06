"""`secret` reads the API key and stores it in the stack's secret."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from liveness.credentials import TencentCredentials
from operations.errors import UserError
from operations.secret import read_secret
from tests.unit.operations.conftest import OUTPUTS, FakeAws

ARN = OUTPUTS["TencentSecretArn"]


def no_prompt(question: str) -> str:
    raise AssertionError(f"prompted for {question}")


def read(environment: Mapping[str, str]) -> TencentCredentials:
    """The key in the environment, as the function reads it."""
    return TencentCredentials.from_json(read_secret(environment, no_prompt))


def test_a_key_in_the_environment_is_read_without_a_prompt() -> None:
    environment = {"TENCENTCLOUD_SECRET_ID": "AKID", "TENCENTCLOUD_SECRET_KEY": "key"}
    temporary = environment | {"TENCENTCLOUD_TOKEN": "t"}

    assert read(environment) == TencentCredentials("AKID", "key")
    assert read(temporary) == TencentCredentials("AKID", "key", "t")


def test_an_empty_environment_prompts_for_the_key() -> None:
    answers = iter([" AKID ", "key\n", ""])

    assert json.loads(read_secret({}, lambda _question: next(answers))) == (
        {"SecretId": "AKID", "SecretKey": "key"}
    )


def test_half_a_key_is_refused() -> None:
    with pytest.raises(UserError, match=r"SecretKey is empty.*`make secret` again"):
        read_secret({"TENCENTCLOUD_SECRET_ID": "AKID"}, no_prompt)


@pytest.mark.parametrize("token", [None, "temporary"])
def test_the_key_is_stored_as_the_function_reads_it_and_not_printed(
    token: str | None,
    aws: FakeAws,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "AKID")
    monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "hunter2")
    monkeypatch.setenv("TENCENTCLOUD_TOKEN", token or "")

    class Stored:
        """Equal to the secret's text in which the function finds this key."""

        def __eq__(self, text: object) -> bool:
            return TencentCredentials.from_json(str(text)) == (
                TencentCredentials("AKID", "hunter2", token)
            )

        __hash__ = None  # type: ignore[assignment]

    aws.stub("secretsmanager").add_response(
        "put_secret_value", {}, {"SecretId": ARN, "SecretString": Stored()}
    )

    assert aws.run("secret") == 0

    output = capsys.readouterr()
    assert output.out.startswith(f"The key is in {ARN}")
    assert "hunter2" not in output.out + output.err


def test_half_a_key_is_one_line_with_what_to_do(
    aws: FakeAws, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "AKID")
    monkeypatch.delenv("TENCENTCLOUD_SECRET_KEY", raising=False)

    assert aws.run("secret") == 1

    error = capsys.readouterr().err
    assert error.startswith("SecretKey is empty")
    assert error.endswith("Run `make secret` again with the whole key.\n")
    assert error.count("\n") == 1
