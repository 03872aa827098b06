"""``make secret``: puts the key of Tencent Cloud into the stack's secret.

Asks for it, or reads TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and TENCENTCLOUD_TOKEN. The
key is on no command line, where everybody on the machine could read it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from getpass import getpass

import boto3

from liveness.errors import CredentialsMissing
from liveness.tencent.signing import Credentials
from operations.stack import DEFAULT_NAME, StackNotFound, outputs

_VARIABLES = {
    "SecretId": "TENCENTCLOUD_SECRET_ID",
    "SecretKey": "TENCENTCLOUD_SECRET_KEY",
    "Token": "TENCENTCLOUD_TOKEN",
}


def main() -> int:
    """Fill the secret; the function notices within five minutes, or at its next refusal."""
    parser = argparse.ArgumentParser(prog="make secret", description=__doc__)
    parser.add_argument("--stack", default=DEFAULT_NAME)
    name = parser.parse_args().stack
    try:
        secret_arn = outputs(name)["TencentSecretArn"]
        secret = secret_of(ask(os.environ, getpass))
    except (StackNotFound, CredentialsMissing) as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    boto3.client("secretsmanager").put_secret_value(SecretId=secret_arn, SecretString=secret)
    sys.stdout.write(f"The key is in {secret_arn}; uploads are signed with it from now on.\n")
    return 0


def ask(environment: Mapping[str, str], question: Callable[[str], str]) -> Credentials:
    """Take the key from the environment, else ask. Raises CredentialsMissing."""
    secret_id = environment.get(_VARIABLES["SecretId"])
    if secret_id:
        return Credentials(
            secret_id,
            environment.get(_VARIABLES["SecretKey"], ""),
            environment.get(_VARIABLES["Token"]) or None,
        )
    return Credentials(
        question("SecretId: ").strip(),
        question("SecretKey: ").strip(),
        question("Token (empty for a permanent key): ").strip() or None,
    )


def secret_of(credentials: Credentials) -> str:
    """The secret's JSON text, as the function reads it."""
    parts = (credentials.secret_id, credentials.secret_key, credentials.token)
    return json.dumps({name: part for name, part in zip(_VARIABLES, parts, strict=True) if part})


if __name__ == "__main__":
    raise SystemExit(main())
