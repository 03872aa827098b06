"""Where the command `detectliveface` finds the API key, and what --explain prints of it."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from liveness.cli import detectliveface
from liveness.cli.credentials import from_environment, from_secrets_manager
from liveness.credentials import TencentCredentials
from liveness.errors import AwsServiceError, CredentialsMissingError
from tests.unit.tencent.command import ARN, ENVIRONMENT, LIVE, URL, Command

SECRET = {"SecretId": "AKID1 ", "SecretKey": "madeUpKey1", "Token": ""}


def test_credentials_come_from_the_environment_trimmed() -> None:
    command = Command(LIVE, environment=ENVIRONMENT | {"TENCENTCLOUD_TOKEN": "madeUpToken"})
    command.run(URL)
    assert command.credentials is not None
    expected = TencentCredentials("AKIDmadeup", "madeUpKey", "madeUpToken")
    assert command.credentials.current() == expected


def test_refreshing_credentials_of_the_environment_changes_nothing() -> None:
    credentials = from_environment(ENVIRONMENT)
    assert credentials.refreshed() == credentials.current()


def test_a_missing_variable_is_named() -> None:
    command = Command(environment={"TENCENTCLOUD_SECRET_ID": "AKIDmadeup"})
    assert command.run(URL) == detectliveface.USAGE
    assert command.err == ["detectliveface: set TENCENTCLOUD_SECRET_KEY, or give --secret-arn"]
    assert command.out == []


def test_credentials_come_from_a_secret_where_one_is_named() -> None:
    secret = TencentCredentials("AKID1", "key1")
    command = Command(LIVE, secret=secret)
    command.run(URL, "--secret-arn", ARN)
    assert command.credentials is not None
    assert command.credentials.current() == secret


def test_a_secret_that_cannot_be_read_has_advice() -> None:
    command = Command(secret=AwsServiceError("secretsmanager", "AccessDeniedException"))
    assert command.run(URL, "--secret-arn", ARN) == detectliveface.USAGE
    assert command.err == [
        "detectliveface: check --secret-arn, and the AWS credentials and region: "
        "secretsmanager: AccessDeniedException"
    ]


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch) -> Stubber:
    client = boto3.client(
        "secretsmanager",
        region_name="eu-west-1",
        aws_access_key_id="AKIAMADEUP",
        aws_secret_access_key="madeUp",
    )
    monkeypatch.setattr(boto3, "client", lambda _: client)
    return Stubber(client)


def test_a_secret_is_read_from_aws_and_fetched_again_when_it_was_refused(
    secrets_manager: Stubber,
) -> None:
    rotated = {"SecretId": "AKID2", "SecretKey": "madeUpKey2", "Token": "madeUpToken2"}
    for secret in (SECRET, rotated):
        secrets_manager.add_response(
            "get_secret_value", {"SecretString": json.dumps(secret)}, {"SecretId": ARN}
        )
    with secrets_manager:
        credentials = from_secrets_manager(ARN)
        assert credentials.current() == TencentCredentials("AKID1", "madeUpKey1")
        assert credentials.current() == TencentCredentials("AKID1", "madeUpKey1")
        refreshed = TencentCredentials("AKID2", "madeUpKey2", "madeUpToken2")
        assert credentials.refreshed() == refreshed
        assert credentials.current() == refreshed
    secrets_manager.assert_no_pending_responses()


def test_an_error_of_aws_is_named(secrets_manager: Stubber) -> None:
    secrets_manager.add_client_error("get_secret_value", "AccessDeniedException")
    with secrets_manager, pytest.raises(AwsServiceError) as caught:
        from_secrets_manager(ARN).current()
    assert caught.value.code == "AccessDeniedException"


def test_a_binary_secret_is_missing(secrets_manager: Stubber) -> None:
    for _ in range(2):
        secrets_manager.add_response("get_secret_value", {"SecretBinary": b"AA=="})
    with secrets_manager, pytest.raises(CredentialsMissingError):
        from_secrets_manager(ARN).current()


def test_aws_without_a_region_is_an_error_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(AwsServiceError) as caught:
        from_secrets_manager(ARN)
    assert caught.value.code == "NoRegionError"


def test_explain_prints_the_signature_with_secrets_masked_and_sends_nothing() -> None:
    environment = {
        "TENCENTCLOUD_SECRET_ID": "AKIDmadeup",
        "TENCENTCLOUD_SECRET_KEY": "madeUpKey",
        "TENCENTCLOUD_TOKEN": "madeUpTokenOfSomeLength",
    }
    command = Command(environment=environment)
    assert command.run("--explain", URL) == detectliveface.LIVE
    assert command.calls == []
    (printed,) = command.out
    for text in (
        "https://example.com/selfie.jpg\n\nPOST https://iai.tencentcloudapi.com/ (nothing is sent)",
        "CanonicalRequest:\nPOST\n/\n\ncontent-type:application/json\nhost:iai.tencentcloudapi.com",
        "StringToSign:\nTC3-HMAC-SHA256\n1700000000\n2023-11-14/iai/tc3_request\n",
        "Authorization: TC3-HMAC-SHA256 Credential=AKID…/2023-11-14/iai/tc3_request",
        "X-TC-Token: made…",
        "X-TC-Action: DetectLiveFace",
    ):
        assert text in printed
    for secret in ("AKIDmadeup", "madeUpKey", "madeUpToken", "f00d"):
        assert secret not in printed


def test_explain_masks_a_short_secret_completely() -> None:
    environment = {"TENCENTCLOUD_SECRET_ID": "AKID", "TENCENTCLOUD_SECRET_KEY": "key"}
    command = Command(environment=environment)
    command.run("--explain", URL)
    assert "Credential=…/2023-11-14" in command.out[0]
    assert "X-TC-Token" not in command.out[0]


def test_explain_reports_an_image_for_which_there_can_be_no_request(tmp_path: Path) -> None:
    gif = tmp_path / "a.gif"
    gif.write_bytes(b"GIF89a")
    command = Command()
    assert command.run("--explain", str(gif), "https://e.com/ä") == detectliveface.FAILURE
    assert command.out == []
    assert "ImageRejected.format_gif" in command.err[0]
    assert "InvalidParameterValue.UrlIllegal" in command.err[1]
