"""Where the command line finds credentials, and what --explain shows of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError, NoRegionError

from liveness.errors import (
    CredentialsMissing,
    StorageFault,
)
from liveness.tencent import __main__ as command
from liveness.tencent.credentials import Remembered, from_secret, secret_text
from liveness.tencent.signing import Credentials
from tests.unit.tencent.terminal import (
    ARN,
    ENVIRONMENT,
    LIVE,
    URL,
    Terminal,
)


def test_credentials_come_from_the_environment_trimmed() -> None:
    terminal = Terminal(LIVE, environment=ENVIRONMENT | {"TENCENTCLOUD_TOKEN": "madeUpToken"})
    terminal.run(URL)
    assert terminal.source is not None
    assert terminal.source.current() == Credentials("AKIDmadeup", "madeUpKey", "madeUpToken")


def test_a_missing_variable_is_named() -> None:
    terminal = Terminal(environment={"TENCENTCLOUD_SECRET_ID": "AKIDmadeup"})
    assert terminal.run(URL) == command.USAGE
    assert terminal.err == ["detectliveface: set TENCENTCLOUD_SECRET_KEY, or give --secret-arn"]
    assert terminal.out == []


def test_credentials_come_from_a_secret_fetched_anew_when_refused() -> None:
    terminal = Terminal(LIVE, secret='{"SecretId": "AKID1 ", "SecretKey": "key1", "Token": ""}')
    terminal.run(URL, "--secret-arn", ARN)
    assert terminal.source is not None
    terminal.secret = '{"SecretId": "AKID2", "SecretKey": "key2", "Token": "token2"}'
    assert terminal.source.current() == Credentials("AKID1", "key1")
    assert terminal.source.renewed() == Credentials("AKID2", "key2", "token2")
    assert terminal.source.current() == Credentials("AKID2", "key2", "token2")


def test_remembered_credentials_are_fetched_once() -> None:
    fetched: list[Credentials] = []

    def fetch() -> Credentials:
        fetched.append(Credentials("AKIDmadeup", "madeUpKey"))
        return fetched[-1]

    source = Remembered(fetch)
    assert source.current() is source.current()
    assert len(fetched) == 1


def test_a_secret_that_cannot_be_read_says_how_to_mend_it() -> None:
    terminal = Terminal(secret=StorageFault("secretsmanager", "AccessDeniedException"))
    assert terminal.run(URL, "--secret-arn", ARN) == command.USAGE
    assert terminal.err == [
        "detectliveface: check --secret-arn, and the AWS credentials and region: "
        "secretsmanager: AccessDeniedException"
    ]


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
def test_a_malformed_secret_is_missing_and_stays_secret(text: str) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        from_secret(text)
    assert "madeUpKey" not in str(caught.value)
    assert caught.value.__cause__ is None


def secrets_manager(monkeypatch: pytest.MonkeyPatch, reply: dict[str, str] | Exception) -> None:
    def get_secret_value(**_: object) -> dict[str, str]:
        if isinstance(reply, Exception):
            raise reply
        return reply

    fake = SimpleNamespace(get_secret_value=get_secret_value)
    monkeypatch.setattr(boto3, "client", lambda _: fake)


def test_a_secret_is_read_from_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets_manager(monkeypatch, {"SecretString": "text"})
    assert secret_text(ARN) == "text"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (ClientError({"Error": {"Code": "AccessDenied"}}, "GetSecretValue"), "AccessDenied"),
        (NoRegionError(), "NoRegionError"),
        ({"SecretBinary": "AA=="}, "KeyError"),
    ],
)
def test_what_keeps_aws_from_giving_a_secret_is_named(
    monkeypatch: pytest.MonkeyPatch, reply: dict[str, str] | Exception, code: str
) -> None:
    secrets_manager(monkeypatch, reply)
    with pytest.raises(StorageFault) as caught:
        secret_text(ARN)
    assert caught.value.code == code


def test_explain_shows_the_signature_with_secrets_masked_and_sends_nothing() -> None:
    environment = {
        "TENCENTCLOUD_SECRET_ID": "AKIDmadeup",
        "TENCENTCLOUD_SECRET_KEY": "madeUpKey",
        "TENCENTCLOUD_TOKEN": "madeUpTokenOfSomeLength",
    }
    terminal = Terminal(environment=environment)
    assert terminal.run("--explain", URL) == command.LIVE
    assert terminal.asked == []
    (shown,) = terminal.out
    for text in (
        "https://example.com/selfie.jpg\n\nPOST https://iai.tencentcloudapi.com/ (nothing is sent)",
        "CanonicalRequest:\nPOST\n/\n\ncontent-type:application/json\nhost:iai.tencentcloudapi.com",
        "StringToSign:\nTC3-HMAC-SHA256\n1700000000\n2023-11-14/iai/tc3_request\n",
        "Authorization: TC3-HMAC-SHA256 Credential=AKID…/2023-11-14/iai/tc3_request",
        "X-TC-Token: made…",
        "X-TC-Action: DetectLiveFace",
    ):
        assert text in shown
    for secret in ("AKIDmadeup", "madeUpKey", "madeUpToken", "f00d"):
        assert secret not in shown


def test_explain_masks_a_short_secret_wholly() -> None:
    environment = {"TENCENTCLOUD_SECRET_ID": "AKID", "TENCENTCLOUD_SECRET_KEY": "key"}
    terminal = Terminal(environment=environment)
    terminal.run("--explain", URL)
    assert "Credential=…/2023-11-14" in terminal.out[0]
    assert "X-TC-Token" not in terminal.out[0]


def test_explain_tells_of_a_picture_that_no_request_can_carry(tmp_path: Path) -> None:
    gif = tmp_path / "a.gif"
    gif.write_bytes(b"GIF89a")
    terminal = Terminal()
    assert terminal.run("--explain", str(gif), "https://e.com/ä") == command.FAILURE
    assert terminal.out == []
    assert "PictureUnfit.format_gif" in terminal.err[0]
    assert "InvalidParameterValue.UrlIllegal" in terminal.err[1]
