"""Tencent Cloud's credentials in Secrets Manager, kept for minutes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from liveness.aws.faults import error_code, faults_of
from liveness.errors import CredentialsMissing
from liveness.tencent.credentials import from_secret
from liveness.tencent.signing import Credentials

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# Spares nearly every upload the request, and still notices a rotation within minutes, unasked.
KEPT_FOR = timedelta(minutes=5)

_NO_VALUE = "ResourceNotFoundException"


class SecretCredentials:
    """The secret `{"SecretId": …, "SecretKey": …, "Token": …}`; Token only with temporary keys.

    Threads that come together each fetch it: none waits for another's time-outs. What cannot be
    used is not kept.
    """

    def __init__(
        self,
        secretsmanager: SecretsManagerClient,
        secret_arn: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        # The clock of the day: a monotonic one may stand still while Lambda freezes the sandbox.
        self._secretsmanager = secretsmanager
        self._secret_arn = secret_arn
        self._clock = clock
        self._kept: tuple[Credentials, float] | None = None

    def current(self) -> Credentials:
        """The credentials as of at most five minutes ago.

        Raises CredentialsMissing where the secret is empty or malformed, else StorageFault.
        """
        if self._kept:
            credentials, fetched_at = self._kept
            if self._clock() - fetched_at < KEPT_FOR.total_seconds():
                return credentials
        return self.renewed()

    def renewed(self) -> Credentials:
        """The credentials as they are now."""
        fetched_at = self._clock()
        credentials = from_secret(self._text())
        self._kept = credentials, fetched_at
        return credentials

    def _text(self) -> str:
        with faults_of("secretsmanager"):
            try:
                secret = self._secretsmanager.get_secret_value(SecretId=self._secret_arn)
            except ClientError as error:
                if error_code(error) == _NO_VALUE:
                    raise CredentialsMissing(
                        "the secret has no value yet: run `make secret`"
                    ) from error
                raise
        # A binary secret is none of ours.
        return secret.get("SecretString", "")
