"""Where the command line finds the credentials: the environment, or a secret in AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from liveness.errors import CredentialsMissing, StorageFault
from liveness.tencent.signing import Credentials

SECRET_ID = "TENCENTCLOUD_SECRET_ID"  # noqa: S105 - the name of a variable
SECRET_KEY = "TENCENTCLOUD_SECRET_KEY"  # noqa: S105 - the name of a variable
TOKEN = "TENCENTCLOUD_TOKEN"  # noqa: S105 - the name of a variable


class Remembered:
    """Credentials that are fetched when they are first needed, and when they were refused."""

    def __init__(self, fetch: Callable[[], Credentials]) -> None:
        self._fetch = fetch
        self._known: Credentials | None = None

    def current(self) -> Credentials:
        """Return what was fetched last. Raises what fetching raises."""
        return self._known or self.renewed()

    def renewed(self) -> Credentials:
        """Fetch anew."""
        self._known = self._fetch()
        return self._known


def from_environment(environment: Mapping[str, str]) -> Credentials:
    """Read the variables as the vendor's tools name them. Raises CredentialsMissing."""
    values = {name: environment.get(name, "").strip() for name in (SECRET_ID, SECRET_KEY)}
    if missing := [name for name, value in values.items() if not value]:
        raise CredentialsMissing(f"set {' and '.join(missing)}, or give --secret-arn")
    token = environment.get(TOKEN, "").strip()
    return Credentials(values[SECRET_ID], values[SECRET_KEY], token or None)


def from_secret(text: str) -> Credentials:
    """Read `{"SecretId": …, "SecretKey": …, "Token": …}`, Token only with temporary ones.

    Raises CredentialsMissing.
    """
    try:
        secret = json.loads(text)
        parts = [secret["SecretId"], secret["SecretKey"], secret.get("Token") or None]
        return Credentials(*(part and part.strip() for part in parts))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        # Not chained: the parser's error holds the secret's text.
        raise CredentialsMissing(
            'the secret must be {"SecretId": …, "SecretKey": …, "Token": … (if temporary)}'
        ) from None


def secret_text(arn: str) -> str:
    """Read a secret from AWS Secrets Manager. Raises StorageFault."""
    # boto3 is slow to import, and needed by nobody who has the credentials in the environment.
    import boto3  # noqa: PLC0415 - slow
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow

    try:
        secret = boto3.client("secretsmanager").get_secret_value(SecretId=arn)
        return secret["SecretString"]
    except ClientError as error:
        raise StorageFault("secretsmanager", error.response["Error"]["Code"]) from error
    except (BotoCoreError, KeyError) as error:
        raise StorageFault("secretsmanager", type(error).__name__) from error
