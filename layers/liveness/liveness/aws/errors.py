"""botocore's exceptions as the AwsServiceError that the use case handles."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from liveness.errors import AwsServiceError


def error_code(error: ClientError) -> str:
    """AWS's own code of an error."""
    return error.response["Error"]["Code"]


@contextmanager
def aws_errors(service: str) -> Iterator[None]:
    """Raise AwsServiceError, with the service and the code, for whatever botocore raises.

    That is more than BotoCoreError: it does not wrap what an invalid response raises, nor all
    that breaks off an object's body.
    """
    try:
        yield
    except ClientError as error:
        raise AwsServiceError(service, error_code(error)) from error
    except (BotoCoreError, HTTPError, ResponseParserError) as error:
        raise AwsServiceError(service, type(error).__name__) from error
