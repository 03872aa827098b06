"""Where the command finds its API key: in the environment, or in AWS Secrets Manager."""

from collections.abc import Mapping

from liveness.credentials import TencentCredentials
from liveness.errors import CredentialsMissingError
from liveness.ports import CredentialsProvider


def from_environment(environment: Mapping[str, str]) -> TencentCredentials:
    """Read the variables that the vendor's tools use. Raises CredentialsMissingError."""
    names = [f"TENCENTCLOUD_{part}" for part in ("SECRET_ID", "SECRET_KEY", "TOKEN")]
    secret_id, secret_key, token = (environment.get(name, "").strip() for name in names)
    if missing := [name for name in names[:2] if not environment.get(name, "").strip()]:
        raise CredentialsMissingError(f"set {' and '.join(missing)}, or give --secret-arn")
    return TencentCredentials(secret_id, secret_key, token or None)


def from_secrets_manager(secret_arn: str) -> CredentialsProvider:
    """A provider that reads the secret. Raises AwsServiceError where AWS is not configured."""
    # Slow to import, and not needed with the key in the environment.
    import boto3  # noqa: PLC0415

    from liveness.aws.errors import aws_errors  # noqa: PLC0415
    from liveness.aws.secrets import SecretsManagerCredentials  # noqa: PLC0415

    with aws_errors("secretsmanager"):
        return SecretsManagerCredentials(boto3.client("secretsmanager"), secret_arn)
