"""The API key and the key of digests from Secrets Manager."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from aws_lambda_powertools.utilities.parameters import base
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.parsers import ResponseParserError

from liveness.aws.secrets import MAX_AGE, SecretsManagerCredentials, SecretsManagerDigestKey
from liveness.credentials import TencentCredentials
from liveness.errors import AwsServiceError, CredentialsMissingError

ARN = "arn:aws:secretsmanager:::secret:ours"
GOOD = {"SecretId": "AKIDEXAMPLE", "SecretKey": "example"}
NEWER = json.dumps(GOOD | {"SecretKey": "new", "Token": "t"})
UNUSABLE = [
    None, "", "{}", "[]", "null", '"text"', "{", '{"SecretId": "a"}',
    '{"SecretId": 1, "SecretKey": 2}', '{"SecretId": "", "SecretKey": "b"}',
    '{"SecretId": "a b", "SecretKey": "topsecret"}', b'{"SecretKey": "topsecret"}',
]  # fmt: skip


class SecretsInMemory:
    """Secrets Manager in memory: one answer after the other. Counts the requests."""

    def __init__(self, *answers: str | bytes | Exception | None) -> None:
        self.answers = list(answers)
        self.requests = 0

    def get_secret_value(self, *, SecretId: str) -> dict[str, str | bytes]:  # noqa: N803  # as boto3
        assert SecretId == ARN
        self.requests += 1
        match self.answers.pop(0):
            case Exception() as error:
                raise error
            case str(text):
                return {"SecretString": text}
            case bytes(content):
                return {"SecretBinary": content}
        return {}


def provider(secrets: SecretsInMemory) -> SecretsManagerCredentials:
    return SecretsManagerCredentials(secrets, ARN)  # type: ignore[arg-type]  # what is used of it


def credentials(*answers: str | bytes | Exception | None) -> SecretsManagerCredentials:
    return provider(SecretsInMemory(*answers))


def test_the_secret_is_fetched_once_and_cached() -> None:
    secrets = SecretsInMemory(json.dumps(GOOD))
    ours = provider(secrets)

    assert ours.current() == ours.current() == TencentCredentials("AKIDEXAMPLE", "example")
    assert secrets.requests == 1


def test_the_secret_is_fetched_again_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        passed = timedelta()

        @classmethod
        def now(cls, tz: object = None) -> Clock:
            return cls(2026, 11, 23, 12) + cls.passed

    monkeypatch.setattr(base, "datetime", Clock)
    ours = credentials(json.dumps(GOOD), NEWER)
    ours.current()

    Clock.passed = timedelta(minutes=5) - timedelta(seconds=1)
    assert ours.current().secret_key == "example"
    Clock.passed = timedelta(minutes=5, seconds=1)
    assert ours.current().secret_key == "new"
    assert timedelta(minutes=5).total_seconds() == MAX_AGE


def test_a_refreshed_secret_replaces_the_cached_one() -> None:
    ours = credentials(json.dumps(GOOD), NEWER)
    ours.current()

    assert ours.refreshed() == TencentCredentials("AKIDEXAMPLE", "new", "t")
    assert ours.current().secret_key == "new"


def test_an_unusable_secret_is_fetched_again_whatever_its_age() -> None:
    ours = credentials("{}", json.dumps(GOOD))

    assert ours.current().secret_id == "AKIDEXAMPLE"


def test_an_unusable_secret_is_not_served_from_the_cache() -> None:
    ours = credentials("{}", "{}", json.dumps(GOOD))

    with pytest.raises(CredentialsMissingError):
        ours.current()
    assert ours.current().secret_id == "AKIDEXAMPLE"


@pytest.mark.parametrize("secret", UNUSABLE)
def test_a_secret_of_another_shape_is_missing_and_its_text_is_not_quoted(
    secret: str | bytes | None,
) -> None:
    with pytest.raises(CredentialsMissingError) as refused:
        credentials(secret, secret).current()

    assert "topsecret" not in str(refused.value)
    assert "topsecret" not in str(refused.value.__cause__)


@pytest.mark.parametrize(
    "empty",
    [None, ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")],
)
def test_a_secret_without_a_value_says_how_to_set_it(empty: Exception | None) -> None:
    with pytest.raises(CredentialsMissingError, match="no value: run `make secret`"):
        credentials(empty, empty).current()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue"),
         "AccessDeniedException"),
        (ConnectTimeoutError(endpoint_url="https://x"), "ConnectTimeoutError"),
        (ResponseParserError("not JSON"), "ResponseParserError"),
    ],
)  # fmt: skip
def test_a_failure_of_secrets_manager_has_its_code(error: Exception, code: str) -> None:
    with pytest.raises(AwsServiceError) as failed:
        credentials(error).current()

    assert (failed.value.service, failed.value.code) == ("secretsmanager", code)


def test_a_cached_secret_outlasts_a_failure_of_secrets_manager() -> None:
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")
    ours = credentials(json.dumps(GOOD), denied)
    ours.current()

    with pytest.raises(AwsServiceError):
        ours.refreshed()
    assert ours.current().secret_id == "AKIDEXAMPLE"


def test_the_key_of_digests_is_the_secrets_text_and_is_fetched_once() -> None:
    secrets = SecretsInMemory("0123456789abcdef")
    key = SecretsManagerDigestKey(secrets, ARN)  # type: ignore[arg-type]  # what is used of it

    assert key.current() == key.current() == b"0123456789abcdef"
    assert secrets.requests == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue"),
         "AccessDeniedException"),
        (ConnectTimeoutError(endpoint_url="https://x"), "ConnectTimeoutError"),
    ],
)  # fmt: skip
def test_a_failure_to_read_the_key_of_digests_has_its_code_and_is_not_cached(
    error: Exception, code: str
) -> None:
    secrets = SecretsInMemory(error, "later")
    key = SecretsManagerDigestKey(secrets, ARN)  # type: ignore[arg-type]  # what is used of it

    with pytest.raises(AwsServiceError) as failed:
        key.current()
    assert (failed.value.service, failed.value.code) == ("secretsmanager", code)
    assert key.current() == b"later"
