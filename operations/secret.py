"""Put the API key of Tencent Cloud into the stack's secret.

Asks for the key, or reads it from TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and
TENCENTCLOUD_TOKEN. It is not an option, because everybody on a machine can read command lines.
"""

import argparse
import json
import os
from collections.abc import Callable, Mapping
from getpass import getpass

from liveness.credentials import TencentCredentials
from liveness.errors import CredentialsMissingError
from operations.errors import UserError
from operations.stack import Stack

_VARIABLES = ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN")
_QUESTIONS = ("SecretId: ", "SecretKey: ", "Token (empty for a permanent key): ")


def run(_arguments: argparse.Namespace, stack: Stack) -> int:
    """Store the key; the function uses it within five minutes, or after the next refusal."""
    arn, secret = stack.output("TencentSecretArn"), read_secret(os.environ, getpass)
    stack.session.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=secret)
    print(f"The key is in {arn}; requests are signed with it from now on.")
    return 0


def read_secret(environment: Mapping[str, str], prompt: Callable[[str], str]) -> str:
    """Read the key from the environment, or else prompt for it; return the secret's JSON.

    Raises UserError for what the function could not use.
    """
    if environment.get(_VARIABLES[0]):
        texts = [environment.get(name, "") for name in _VARIABLES]
    else:
        texts = [prompt(question) for question in _QUESTIONS]
    secret_id, secret_key, token = (text.strip() for text in texts)
    try:
        return json.dumps(TencentCredentials(secret_id, secret_key, token or None).parts)
    except CredentialsMissingError as error:
        raise UserError(f"{error}. Run `make secret` again with the whole key.") from None
