"""The API key: what it may hold, what it shows, and the JSON that it is read from."""

from __future__ import annotations

import json

import pytest

from liveness.credentials import TencentCredentials
from liveness.errors import CredentialsMissingError


@pytest.mark.parametrize("bad", ["", " ", "with blank", "new\nline", "ключ", "nul\0"])
@pytest.mark.parametrize("part", ["secret_id", "secret_key", "token"])
def test_a_part_that_no_http_header_can_hold_is_missing(part: str, bad: str) -> None:
    parts = {"secret_id": "AKIDmadeup", "secret_key": "madeUpKey", "token": "madeUpToken"}
    with pytest.raises(CredentialsMissingError) as caught:
        TencentCredentials(**(parts | {part: bad}))
    assert not bad.strip() or bad not in str(caught.value)


def test_the_repr_shows_neither_key_nor_token() -> None:
    shown = repr(TencentCredentials("AKIDmadeup", "madeUpKey", "madeUpToken"))
    assert "AKIDmadeup" in shown
    assert "madeUpKey" not in shown
    assert "madeUpToken" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "madeUpKey",
        "[]",
        '"madeUpKey"',
        "{}",
        '{"SecretId": "madeUpKey"}',
        '{"SecretId": "AKID", "SecretKey": 7}',
        '{"SecretId": "", "SecretKey": "madeUpKey"}',
    ],
)
def test_a_malformed_secret_is_missing_and_is_not_quoted(text: str) -> None:
    with pytest.raises(CredentialsMissingError) as caught:
        TencentCredentials.from_json(text)
    assert "madeUpKey" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("token", ["", None])
def test_a_secret_is_read_trimmed_and_its_token_may_be_empty(token: str | None) -> None:
    text = json.dumps({"SecretId": "AKIDmadeup ", "SecretKey": "\nmadeUpKey", "Token": token})
    assert TencentCredentials.from_json(text) == TencentCredentials("AKIDmadeup", "madeUpKey")


def test_a_secret_may_have_a_token() -> None:
    text = '{"SecretId": "AKIDmadeup", "SecretKey": "madeUpKey", "Token": "madeUpToken"}'
    expected = TencentCredentials("AKIDmadeup", "madeUpKey", "madeUpToken")
    assert TencentCredentials.from_json(text) == expected
