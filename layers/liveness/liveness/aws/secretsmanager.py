"""Tencent Cloud's credentials in Secrets Manager, kept for minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aws_lambda_powertools.utilities.parameters.base import BaseProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from liveness.aws.faults import error_code
from liveness.errors import CredentialsMissing, StorageFault
from liveness.tencent.credentials import from_secret
from liveness.tencent.signing import Credentials

# Spares nearly every upload the request, and still notices a rotation within minutes, unasked.
CACHED_FOR = timedelta(minutes=5)

_NO_VALUE = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class SecretCredentials:
    """The secret `{"SecretId": …, "SecretKey": …, "Token": …}`; Token only with temporary keys."""

    secrets: BaseProvider
    secret_arn: str

    def current(self) -> Credentials:
        """The credentials as of at most five minutes ago.

        Raises CredentialsMissing where the secret is empty or malformed, else StorageFault.
        """
        return self._credentials(force_fetch=False)

    def renewed(self) -> Credentials:
        """The credentials as they are now."""
        return self._credentials(force_fetch=True)

    def _credentials(self, *, force_fetch: bool) -> Credentials:
        try:
            text = self.secrets.get(
                self.secret_arn,
                max_age=int(CACHED_FOR.total_seconds()),
                force_fetch=force_fetch,
            )
        except GetParameterError as error:
            raise _fault(error) from error
        return from_secret(str(text))


def _fault(error: GetParameterError) -> CredentialsMissing | StorageFault:
    cause = error.__cause__ or error.__context__
    code = error_code(cause) if isinstance(cause, ClientError) else type(cause).__name__
    if code == _NO_VALUE:
        return CredentialsMissing("the secret has no value yet: run `make secret`")
    return StorageFault("secretsmanager", code)
