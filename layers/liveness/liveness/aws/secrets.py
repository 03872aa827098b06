"""The two secrets in Secrets Manager, cached by Powertools.

The API key of Tencent Cloud is cached for five minutes; the key of digests, which is never
rotated, for six hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.parameters import GetParameterError, SecretsProvider
from botocore.exceptions import ClientError

from liveness.aws.errors import aws_errors, error_code
from liveness.credentials import TencentCredentials
from liveness.errors import CredentialsMissingError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# Seconds. Saves nearly every upload the request, and still notices a rotation within minutes.
MAX_AGE = 300
DIGEST_KEY_MAX_AGE = 6 * 3600

_NO_VALUE = "ResourceNotFoundException"


class SecretsManagerCredentials:
    """The secret `{"SecretId": …, "SecretKey": …, "Token": …}`; Token only with temporary keys."""

    def __init__(self, client: SecretsManagerClient, secret_arn: str) -> None:
        self._secrets = SecretsProvider(boto3_client=client)
        self._secret_arn = secret_arn

    def current(self) -> TencentCredentials:
        """The key as of at most five minutes ago; one that is unusable is fetched again.

        Raises CredentialsMissingError where the secret is empty or malformed, else
        AwsServiceError.
        """
        try:
            return TencentCredentials.from_json(self._text(force_fetch=False))
        except CredentialsMissingError:
            return self.refreshed()

    def refreshed(self) -> TencentCredentials:
        """The key as it is now."""
        return TencentCredentials.from_json(self._text(force_fetch=True))

    def _text(self, *, force_fetch: bool) -> str:
        try:
            arn = self._secret_arn
            return str(self._secrets.get(arn, max_age=MAX_AGE, force_fetch=force_fetch))
        except GetParameterError as error:
            # Powertools keeps the cause's text alone; its context is the exception itself.
            self._raise_cause(error.__context__)
            raise

    @staticmethod
    def _raise_cause(cause: BaseException | None) -> None:
        is_empty = isinstance(cause, ClientError) and error_code(cause) == _NO_VALUE
        # Powertools looks for a text, then for a binary value.
        if is_empty or isinstance(cause, KeyError):
            raise CredentialsMissingError("the secret has no value: run `make secret`") from cause
        if cause:
            with aws_errors("secretsmanager"):
                raise cause


class SecretsManagerDigestKey:
    """The stack's key of digests (`digests.py`): the secret's text."""

    def __init__(self, client: SecretsManagerClient, secret_arn: str) -> None:
        self._secrets = SecretsProvider(boto3_client=client)
        self._secret_arn = secret_arn

    def current(self) -> bytes:
        """The key, fetched at most once in six hours. Raises AwsServiceError."""
        try:
            return str(self._secrets.get(self._secret_arn, max_age=DIGEST_KEY_MAX_AGE)).encode()
        except GetParameterError as error:
            with aws_errors("secretsmanager"):
                raise error.__context__ or error from error
